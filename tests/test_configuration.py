"""Where settings come from: the guide's names, their precedence, and what is wrong, by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from server.configuration import Configuration, read_configuration
from server.errors import StartupError
from server.guide import OPTIONS, VARIABLES

# option, as YAML and environment may have it, the setting and its value
ROWS: list[tuple[str, Any, str, Any]] = [
    ("enabled", True, "ws_enabled", True),
    ("host", "0.0.0.0", "host", "0.0.0.0"),
    ("port", 9000, "port", 9000),
    ("timeout", "45s", "http_idle_s_max", 45),
    ("read_buffer_size", 2048, "", None),
    ("write_buffer_size", 2048, "", None),
    ("max_message_size", 65_536, "frame_bytes_max", 65_536),
    ("ping_interval", "30s", "ping_interval_s", 30.0),
    ("pong_wait", "1m10s", "ping_timeout_s", 16.0),
    ("write_wait", "500ms", "write_s_max", 0.5),
    ("limits.max_connections", 50_000, "connections_max", 50_000),
    ("limits.max_connections_per_room", 5000, "members_per_channel_max", 5000),
]
GUIDE_VARIABLES = [
    "WEBSOCKET_ENABLED",
    "WEBSOCKET_HOST",
    "WEBSOCKET_PORT",
    "WEBSOCKET_TIMEOUT",
    "WEBSOCKET_READ_BUFFER_SIZE",
    "WEBSOCKET_WRITE_BUFFER_SIZE",
    "WEBSOCKET_MAX_MESSAGE_SIZE",
    "WEBSOCKET_PING_INTERVAL",
    "WEBSOCKET_PONG_WAIT",
    "WEBSOCKET_WRITE_WAIT",
    "WEBSOCKET_LIMITS_MAX_CONNECTIONS",
    "WEBSOCKET_LIMITS_MAX_CONNECTIONS_PER_ROOM",
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def read(config: Path, text: str, **environ: str) -> Configuration:
    config.write_text(text)
    return read_configuration({"SYNCBED_CONFIG": str(config), **environ})


def row(configuration: Configuration, name: str) -> dict[str, Any]:
    [found] = [row for row in configuration.rows() if row["name"] == name]
    return found


def yaml_of(option: str, value: Any) -> str:
    section, _, name = option.rpartition(".")
    inner = f"{name}: {value}" if not section else f"{section}: {{{name}: {value}}}"
    return f"websocket:\n  {inner}\n"


def test_every_option_and_every_variable_of_the_guide_is_there() -> None:
    assert [option for option, *_ in ROWS] == list(OPTIONS)
    assert list(VARIABLES) == GUIDE_VARIABLES


@pytest.mark.parametrize(("option", "value", "setting", "comes_to"), ROWS)
def test_an_option_from_the_file(config: Path, option: str, value: Any, setting: str, comes_to: Any) -> None:
    configuration = read(config, yaml_of(option, value))
    if setting:
        assert getattr(configuration.settings, setting) == comes_to
        assert configuration.sources[setting] == f"{config}: websocket.{option}"
    else:
        assert row(configuration, option)["value"] == value
        assert "without effect" in row(configuration, option)["source"]


@pytest.mark.parametrize(("option", "value", "setting", "comes_to"), ROWS)
def test_an_option_from_the_environment(option: str, value: Any, setting: str, comes_to: Any) -> None:
    [variable] = [variable for variable, name in VARIABLES.items() if name == option]
    configuration = read_configuration({variable: str(value).lower() if value is True else str(value)})
    if setting:
        assert getattr(configuration.settings, setting) == comes_to
        assert configuration.sources[setting] == variable
    else:
        assert "without effect" in row(configuration, option)["source"]


def test_the_guides_defaults_hold_with_a_file_only_and_its_host_never() -> None:
    settings = read_configuration({}).settings
    assert (settings.port, settings.ws_enabled, settings.connections_max) == (8000, True, 10_000)


def test_the_guides_defaults(config: Path) -> None:
    settings = read(config, "").settings
    assert (settings.host, settings.port, settings.ws_enabled) == ("127.0.0.1", 8081, False)
    assert (settings.frame_bytes_max, settings.connections_max, settings.members_per_channel_max) == (
        512_000,
        0,
        0,
    )
    assert (settings.ping_interval_s, settings.ping_timeout_s, settings.write_s_max) == (54, 6, 10)
    assert settings.guide_names


def test_the_precedence_ours_the_guides_the_file_the_guides_defaults(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "websocket: {port: 1001, limits: {max_connections: 1}}\nsyncbed: {frame_bytes_max: 11}\n"
    guide = {"WEBSOCKET_PORT": "1002", "WEBSOCKET_MAX_MESSAGE_SIZE": "12"}
    configuration = read(config, text, **guide)
    assert (configuration.settings.port, configuration.sources["port"]) == (1002, "WEBSOCKET_PORT")
    assert configuration.settings.frame_bytes_max == 12
    assert configuration.settings.connections_max == 1
    monkeypatch.setenv("SYNCBED_PORT", "1003")
    configuration = read(config, text, **guide, SYNCBED_PORT="1003")
    assert (configuration.settings.port, configuration.sources["port"]) == (1003, "SYNCBED_PORT")


def test_the_guides_name_of_the_module_turns_its_health_on() -> None:
    assert read_configuration({"WEBSOCKET_ENABLED": "true"}).settings.guide_names
    assert not read_configuration({"WEBSOCKET_ENABLED": "false"}).settings.ws_enabled
    assert not read_configuration({"WEBSOCKET_PORT": "1"}).settings.guide_names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("websocket: {ping_interval: 54}", 'websocket.ping_interval: must be a duration like "54s"'),
        ("websocket: {ping_interval: 54 s}", "websocket.ping_interval: must be a duration"),
        ("websocket: {port: http}", "websocket.port: must be a whole number, not 'http'"),
        ("websocket: {port: 70000}", "websocket.port: must be from 0 to 65535"),
        ("websocket: {enabled: maybe}", "websocket.enabled: must be true or false"),
        ("websocket: {limits: {max_connections: -1}}", "websocket.limits.max_connections: must be 0"),
        ("websocket: {limit: 5}", "websocket.limit: there is no such option"),
        ("websocket: {pong_wait: 50s}", "pong_wait must be longer than ping_interval"),
        ("websocket: {host: ''}", "websocket.host: must be a text"),
        ("websocket: 5", "websocket must be a mapping"),
        ("syncbed: {colour: red}", "syncbed.colour: there is no such setting"),
        ("syncbed: {port: 99999999}", "syncbed.port: Input should be less than or equal to 65535"),
        ("server: {}", "there is no section 'server'"),
        ("- a", "must be a mapping with"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(config: Path, text: str, says: str) -> None:
    with pytest.raises(StartupError) as refused:
        read(config, text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_variable_that_makes_no_sense_is_refused_by_name() -> None:
    with pytest.raises(StartupError, match="WEBSOCKET_PONG_WAIT: must be a duration"):
        read_configuration({"WEBSOCKET_PONG_WAIT": "60"})


def test_a_file_that_is_not_there_is_refused_by_name(config: Path) -> None:
    with pytest.raises(StartupError, match=r"SYNCBED_CONFIG: cannot read .*: No such file"):
        read_configuration({"SYNCBED_CONFIG": str(config)})


def test_what_is_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCBED_REDIS_URL", "redis://me:hush@there:1/0")
    assert row(read_configuration({}), "redis_url")["value"] == "redis://me:***@there:1/0"


def test_the_docs_name_each_option_each_variable_and_what_it_comes_to() -> None:
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w.]+)` \| `(WEBSOCKET_\w+)` \|", text, re.M))
    assert rows == {option: variable for variable, option in VARIABLES.items()}
    for option in OPTIONS.values():
        comes_to = "without effect" if "without effect" in option.comes_to else f"`{option.comes_to}`"
        assert comes_to in text

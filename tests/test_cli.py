"""The command line as a user meets it: words, exit codes, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from syncbed.cli import app
from syncbed.world import WatchedProcess, WorldError
from syncbed.world.reference import without_settings

RUN_S_MAX = 100


def shell_environment() -> dict[str, str]:
    """This shell's, without what would choose a port or a setting for the command."""
    environ = without_settings(os.environ)
    environ.pop("PORT", None)
    return {**environ, "PYTHONPATH": str(Path.cwd()), "COLUMNS": "120"}


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "syncbed", *words],
        env=shell_environment(),
        cwd=cwd,
        text=True,
        capture_output=True,
        timeout=RUN_S_MAX,
    )


class Command(WatchedProcess):
    """A command that stays: ready when it has printed its address."""

    name = "syncbed"
    ready_line = re.compile(r"(?P<url>http://localhost:\d+)")

    def __init__(self, *words: str, environ: dict[str, str] | None = None) -> None:
        super().__init__()
        self._words = words
        self._environ = environ or {}
        self.url = ""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "syncbed", *self._words]

    def environment(self) -> dict[str, str]:
        return {**shell_environment(), "PYTHONUNBUFFERED": "1", **self._environ}

    def became_ready(self, line: re.Match[str]) -> None:
        self.url = line["url"]


@contextmanager
def busy_port(port: int = 0) -> Iterator[int]:
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        yield taken.getsockname()[1]


def status(url: str, *, body: bytes | None = None) -> int:
    try:
        with urlopen(Request(url, data=body, headers={"Content-Type": "application/json"})) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


BROADCAST = b'{"channel": "orders", "event": "created", "payload": {}}'


def test_version_is_printed() -> None:
    assert re.fullmatch(r"syncbed \d+\.\d+\.\d+\n", run("--version").stdout)


def test_help_of_serve_names_each_option_and_its_variable() -> None:
    text = run("serve", "--help").stdout
    for option in ("--host", "--port", "--redis-url", "--test-mode", "--ws-dialect", "SYNCBED_REDIS_URL"):
        assert option in text


@pytest.mark.parametrize(
    "words", [("serve", "--port", "many"), ("serve", "--port", "65536"), ("demo", "extra"), ("unheard-of",)]
)
def test_wrong_usage_ends_2(words: tuple[str, ...]) -> None:
    assert run(*words).returncode == 2


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_busy_port_that_was_asked_for_is_one_line_and_2(command: str) -> None:
    with busy_port() as port:
        ended = run(command, "--port", str(port))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert re.fullmatch(rf"syncbed: error: .*{port}.*\n", ended.stderr)


def test_a_setting_that_makes_no_sense_is_one_line_and_2() -> None:
    ended = run("serve", "--ws-dialect", "klingon")
    assert ended.returncode == 2
    assert re.fullmatch(r"syncbed: error: .*WS_DIALECT.*\n", ended.stderr)


def test_serve_has_no_test_endpoints_unless_told() -> None:
    with Command("serve", "--port", "0") as plain:
        assert status(plain.url + "/health") == 200
        assert status(plain.url + "/test/broadcast", body=BROADCAST) == 404
    with Command("serve", "--port", "0", "--test-mode") as testing:
        assert status(testing.url + "/test/broadcast", body=BROADCAST) == 200


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_signal_ends_it_cleanly(command: str, sign: signal.Signals) -> None:
    running = Command(command, "--port", "0").start()
    os.kill(running.pid, sign)
    assert running.wait(RUN_S_MAX) == 0
    assert "Traceback" not in running.output


def test_demo_serves_its_page_in_test_mode() -> None:
    with Command("demo", "--port", "0") as demo:
        assert status(demo.url + "/") == 200
        assert status(demo.url + "/test/broadcast", body=BROADCAST) == 200


def test_demo_says_which_port_it_took_when_its_own_is_busy() -> None:
    try:
        with busy_port(8000), Command("demo") as demo:
            assert "8000 is in use" in demo.output
            assert not demo.url.endswith(":8000")
    except OSError:  # somebody else's 8000 is as busy as ours
        with Command("demo") as demo:
            assert "8000 is in use" in demo.output


def test_demo_takes_its_port_from_the_environment_too() -> None:
    with busy_port() as port, pytest.raises(WorldError, match=f"port {port} is in use"):
        Command("demo", environ={"PORT": str(port)}).start()


def test_a_server_package_of_the_user_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "__main__.py").write_text("raise SystemExit('the wrong server')")
    with busy_port() as port:
        ended = run("serve", "--port", str(port), cwd=tmp_path)
    assert "in use" in ended.stderr


COMMANDS = ("demo", "lab", "serve", "run", "list", "show", "doctor", "wire", "mcp")


def test_the_commands_are_those_that_are_walked_here() -> None:
    assert {command.name or command.callback.__name__ for command in app.registered_commands} == set(COMMANDS)  # type: ignore[union-attr]


@pytest.mark.parametrize("command", COMMANDS)
def test_with_json_wrong_usage_is_json_on_stdout_and_2(command: str) -> None:
    ended = run(command, "--json", "--no-such-option")
    assert ended.returncode == 2
    told = json.loads(ended.stdout)
    assert told["exit_code"] == 2
    assert "--no-such-option" in told["error"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_tell_in_json(command: str) -> None:
    assert "--json" in run(command, "--help").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("lab", "no-such-scenario"), "no such scenario"),
        (("lab", "--upstream", "http://127.0.0.1:1/path"), "more than a host and a port"),
        (("lab", "--profile", "ALI CE=x"), "is no profile"),
        (("lab", "http://lab.localhost:8010/#s=AAAA"), "the link is damaged"),
        (("run", "no-such-scenario"), "no such scenario"),
        (("run", "#s=AAAA"), "the link is damaged"),
        (("show", "no-such-run"), "no run's folder"),
        (("show", "no-such-run", "--issue"), "no run's folder"),
        (("wire", "--upstream", "7:7:7"), "upstream"),
        (("serve", "--ws-dialect", "klingon"), "WS_DIALECT"),
    ],
)
def test_what_cannot_be_done_is_one_line_or_json_and_2(words: tuple[str, ...], says: str) -> None:
    plain, as_json = run(*words), run(*words, "--json")
    assert (plain.returncode, as_json.returncode) == (2, 2)
    assert plain.stdout == ""
    assert says in plain.stderr
    assert says in json.loads(as_json.stdout)["error"]


def test_a_busy_port_is_json_too() -> None:
    with busy_port() as port:
        for command in ("demo", "lab", "serve"):
            ended = run(command, "--port", str(port), "--json")
            assert ended.returncode == 2
            assert str(port) in json.loads(ended.stdout)["error"]


def test_serve_says_in_json_where_it_listens() -> None:
    with Command("serve", "--port", "0", "--json") as serving:
        assert status(serving.url + "/health") == 200


CONFIG = "websocket: {enabled: true, limits: {max_connections: 7}}\nsyncbed: {port: 0}\n"


def test_doctor_with_a_file_says_where_each_value_comes_from(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    text = run("doctor", "--config", str(config)).stdout
    assert re.search(r"^connections_max +7 +\(.*config.yaml: websocket.limits.max_connections\)$", text, re.M)
    assert re.search(r"^frame_bytes_max +512000 +\(default of the guide\)$", text, re.M)
    rows = json.loads(run("doctor", "--config", str(config), "--json").stdout)
    assert {"name": "resume_events_max", "value": 1000, "source": "default"} in rows


def test_doctor_refuses_a_bad_file_by_name_and_ends_2(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("websocket: {write_wait: soon}")
    ended = run("doctor", "--config", str(config))
    assert ended.returncode == 2
    assert "websocket.write_wait: must be a duration" in ended.stderr


def test_serve_takes_a_file_and_its_own_options_go_before_it(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("syncbed: {port: 0}", "syncbed: {port: 1, test_mode: true}"))
    with Command("serve", "--config", str(config), "--port", "0") as running:
        assert status(running.url + "/test/broadcast", body=BROADCAST) == 200
        with urlopen(running.url + "/health") as answer:
            assert json.load(answer) == {"status": "healthy", "clients": 0, "rooms": 0}

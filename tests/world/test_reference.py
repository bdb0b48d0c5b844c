"""Where the reference server is found, and what is in its environment."""

from __future__ import annotations

import os
from pathlib import Path

from syncbed.world import Address, reference_root
from syncbed.world.reference import LISTENING, Setting, reference_environment, without_settings


def test_the_checkout_holds_server_and_static() -> None:
    assert (reference_root() / "server" / "app.py").is_file()
    assert (reference_root() / "static" / "sdk").is_dir()


def test_settings_become_variables_and_none_is_left_out() -> None:
    settings: dict[str, Setting] = {
        "test_mode": True,
        "port": 0,
        "static_dir": Path("pages"),
        "redis_url": None,
    }
    assert reference_environment(settings, {"LANG": "C"}) == {
        "LANG": "C",
        "PYTHONPATH": str(reference_root()),
        "PYTHONUNBUFFERED": "1",
        "SYNCBED_TEST_MODE": "true",
        "SYNCBED_PORT": "0",
        "SYNCBED_STATIC_DIR": "pages",
    }


def test_the_reference_folder_comes_before_the_users_path() -> None:
    environ = reference_environment({}, {"PYTHONPATH": "theirs"})
    assert environ["PYTHONPATH"] == f"{reference_root()}{os.pathsep}theirs"


def test_settings_of_the_shell_do_not_reach_a_tests_server() -> None:
    assert without_settings({"SYNCBED_STRICT": "1", "LANG": "C"}) == {"LANG": "C"}


def test_the_listening_line_gives_address_and_broker() -> None:
    line = LISTENING.match("syncbed: listening on http://localhost:8000 (broker: memory)")
    assert line is not None
    assert line.groupdict() == {"url": "http://localhost:8000", "port": "8000", "broker": "memory"}
    assert LISTENING.match("syncbed: port 8000 is in use, taking 8001") is None


def test_an_address_knows_its_websocket_form() -> None:
    assert Address("http://localhost:8000").ws_url == "ws://localhost:8000"
    assert Address("https://example.test").ws_url == "wss://example.test"

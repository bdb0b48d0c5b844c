"""The command line as a user meets it: words, exit codes, signals."""

from __future__ import annotations

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

from syncbed.world import WatchedProcess, WorldError
from syncbed.world.reference import without_settings

RUN_S_MAX = 30


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

"""A watched process: ready when it says so, its last words kept, its death never silent."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
from collections.abc import Callable

import pytest

from syncbed.world import WatchedProcess, WorldError

OBEDIENT = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("warming up", flush=True)
print("ready on 42", flush=True)
signal.pause()
"""


class Script(WatchedProcess):
    name = "script"
    ready_line = re.compile(r"ready on (\d+)")

    def __init__(self, source: str, on_line: Callable[[str], None] | None = None) -> None:
        super().__init__(on_line=on_line)
        self._source = source
        self.number = 0

    def command(self) -> list[str]:
        return [sys.executable, "-c", self._source]

    def became_ready(self, line: re.Match[str]) -> None:
        self.number = int(line[1])


def test_start_returns_when_the_line_has_come() -> None:
    heard: list[str] = []
    with Script(OBEDIENT, heard.append) as script:
        assert script.number == 42
        assert script.running
        assert heard == ["warming up", "ready on 42"]
        assert script.output == "warming up\nready on 42"
    assert not script.running


def test_stop_gives_the_exit_code_and_may_be_repeated() -> None:
    script = Script(OBEDIENT).start()
    assert script.stop() == 7
    assert script.stop() == 0


def test_kill_is_not_heard_and_a_new_start_is_a_new_process() -> None:
    script = Script(OBEDIENT).start()
    first = script.pid
    script.kill()
    script.kill()
    assert not script.running
    with script.start():
        assert script.pid != first


def test_a_process_that_ends_before_it_is_ready_is_an_error_with_its_words() -> None:
    with pytest.raises(WorldError, match="ended with code 3 before it was ready") as raised:
        Script("print('no such port'); raise SystemExit(3)").start()
    assert raised.value.exit_code == 3
    assert "no such port" in str(raised.value)


def test_a_process_that_dies_by_itself_is_reported_when_it_is_stopped() -> None:
    script = Script("print('ready on 1', flush=True); raise SystemExit(1)").start()
    os.waitid(os.P_PID, script.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(WorldError, match="died with code 1"):
        script.stop()
    assert script.stop() == 0, "and said once"


def test_waiting_for_its_end_expects_it() -> None:
    script = Script("print('ready on 1', flush=True)").start()
    assert script.wait() == 0
    assert script.stop() == 0


def test_a_second_start_while_it_runs_is_refused() -> None:
    with Script(OBEDIENT) as script, pytest.raises(WorldError, match="runs already"):
        script.start()


def test_what_is_suspended_can_be_stopped() -> None:
    script = Script(OBEDIENT).start()
    script.suspend()
    assert script.stop() == 7


def test_no_process_outlives_the_one_who_started_it() -> None:
    starter = f"""
import os, sys
from tests.world.test_process import OBEDIENT, Script
print("ready on", Script(OBEDIENT).start().pid, flush=True)
os.kill(os.getpid(), {signal.SIGKILL:d})
"""
    orphan = Script(starter)
    try:
        orphan.start()
        assert orphan.wait() == -signal.SIGKILL
        descriptor = os.pidfd_open(orphan.number)
    except ProcessLookupError:
        return  # gone already
    ended, _, _ = select.select([descriptor], [], [], 10)
    os.close(descriptor)
    assert ended, "it lives on"


def test_only_the_last_lines_are_kept() -> None:
    source = "print(*range(2000), sep='\\n'); print('ready on 1', flush=True); import signal; signal.pause()"
    script = Script(source).start()
    assert len(script.output.splitlines()) == 500
    script.kill()

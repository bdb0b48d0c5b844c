"""A child process that is ready when it says so, and whose last words are kept.

Owns starting, watching, stopping and killing. Refuses to know what runs inside: the command
and the line that means *ready* come from `reference.py` and `redis.py`.

The calls block for as long as the process takes (well under a second, as a rule); async code
may call them directly or through `asyncio.to_thread`.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import IO, ClassVar, Self

from .leash import leash

LineSink = Callable[[str], None]

START_S_MAX = 60.0
STOP_S_MAX = 30.0
OUTPUT_LINES_MAX = 500


class WorldError(RuntimeError):
    """A part of the world is missing, did not start, or died. The message says what to do.

    `exit_code` is the dead process's own, where there was one.
    """

    def __init__(self, message: str, *, exit_code: int | None = None, output: str = "") -> None:
        super().__init__(message + (f"\nits last words:\n{output}" if output else ""))
        self.exit_code = exit_code
        self.output = output


class WatchedProcess(ABC):
    """One child process. `start`, then `stop` or `kill`; `start` again gives a new one."""

    name: ClassVar[str]
    ready_line: ClassVar[re.Pattern[str]]
    stoppable_line: ClassVar[re.Pattern[str] | None] = None
    """A line after which a stop is asked for again: what stood in its way, if anything did, is over."""

    def __init__(self, *, on_line: LineSink | None = None) -> None:
        self._on_line = on_line
        self._lines: deque[str] = deque(maxlen=OUTPUT_LINES_MAX)
        self._child: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._stopping = False

    # What a subclass says

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments, asked at each start."""

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def became_ready(self, line: re.Match[str]) -> None:
        """Called with the match of `ready_line`, before `start` returns."""
        del line

    # Life

    def start(self) -> Self:
        """Start and wait for the line that means ready, or raise `WorldError` with the output."""
        if self.running:
            raise WorldError(f"{self.name} runs already, as process {self.pid}")
        self._lines.clear()
        self._stopping = False
        # A process group of its own: Ctrl-C in a terminal reaches us alone, and we stop our
        # children in an order that makes sense.
        child = subprocess.Popen(
            self.command(),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._child = child
        leash.hold(child.pid)
        heard: queue.SimpleQueue[re.Match[str] | None] = queue.SimpleQueue()
        assert child.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(child.stdout, heard), daemon=True)
        self._reader.start()
        try:
            ready = heard.get(timeout=START_S_MAX)
        except queue.Empty:
            self.kill()
            raise WorldError(
                f"{self.name} was not ready within {START_S_MAX:.0f} s", output=self.output
            ) from None
        except BaseException:
            self.kill()
            raise
        if ready is None:
            code = self.wait()
            raise WorldError(
                f"{self.name} ended with code {code} before it was ready", exit_code=code, output=self.output
            )
        self.became_ready(ready)
        return self

    def stop(self) -> int:
        """Ask it to end (SIGTERM), wait, and return its exit code.

        Raises `WorldError` if it had died before anyone asked, or if it does not listen:
        both are news that a teardown must not swallow.
        """
        child = self._child
        if child is None:
            return 0
        died = child.poll()
        if died is not None:
            self._forget(child)
            raise WorldError(f"{self.name} died with code {died}", exit_code=died, output=self.output)
        self.resume()
        self._stopping = True  # before it is asked: the reader may hear it decline at once
        child.terminate()
        try:
            return self.wait(timeout_s=STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise WorldError(
                f"{self.name} did not stop within {STOP_S_MAX:.0f} s of SIGTERM and was killed",
                output=self.output,
            ) from None

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, no goodbye is said. Does nothing to what is dead."""
        child = self._child
        if child is not None:
            child.kill()
            self.wait()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end, which the caller thereby expects, and return the exit code."""
        child = self._child
        if child is None:
            return 0
        code = child.wait(timeout_s)
        self._forget(child)
        return code

    def suspend(self) -> None:
        """Freeze it (SIGSTOP): its sockets stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    # What can be seen

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise WorldError(f"{self.name} is not running")
        return self._child.pid

    @property
    def output(self) -> str:
        """What it printed since its start, both streams in order, the last lines only."""
        return "\n".join(list(self._lines))

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # Private

    def _read(self, stream: IO[str], heard: queue.SimpleQueue[re.Match[str] | None]) -> None:
        for line in stream:
            text = line.rstrip("\n")
            self._lines.append(text)
            if self._on_line is not None:
                self._on_line(text)
            if ready := self.ready_line.search(text):
                heard.put(ready)
            if self._stopping and self.stoppable_line is not None and self.stoppable_line.search(text):
                self._signal(signal.SIGTERM)
        heard.put(None)

    def _signal(self, number: signal.Signals) -> None:
        child = self._child
        if child is not None:
            child.send_signal(number)

    def _forget(self, child: subprocess.Popen[str]) -> None:
        leash.release(child.pid)
        self._child = None
        if self._reader is not None:
            # A grandchild may hold the pipe open for ever; the words of the dead are in by then.
            self._reader.join(timeout=1.0)
        if child.stdout is not None and self._reader is not None and not self._reader.is_alive():
            child.stdout.close()

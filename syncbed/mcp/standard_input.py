"""Standard input that a signal can end.

A thread that reads from a pipe cannot be interrupted, so a server that waits in one hangs until its client
closes the pipe. Here the thread only pumps into a socket of ours, whose end we can make come.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from functools import partial

from ..signals import hear

CHUNK_BYTES = 65_536


class StandardInput:
    """`ended_by` is the signal that ended it, or 0."""

    def __init__(self) -> None:
        self.ended_by = 0
        self._out, self._in = socket.socketpair()

    @contextlib.contextmanager
    def taken(self) -> Iterator[StandardInput]:
        """`sys.stdin` is ours meanwhile, and SIGTERM and SIGINT end it. To be entered with a running loop."""
        before = sys.stdin
        threading.Thread(target=self._pump, args=(before.fileno(),), daemon=True).start()
        sys.stdin = self._out.makefile("r", encoding="utf-8")
        for sign in (signal.SIGTERM, signal.SIGINT):
            hear(sign, partial(self._end, sign))
        try:
            yield self
        finally:
            sys.stdin = before

    def _pump(self, file: int) -> None:
        with contextlib.suppress(OSError):  # it was ended by a signal
            while chunk := os.read(file, CHUNK_BYTES):
                self._in.sendall(chunk)
            self._in.shutdown(socket.SHUT_WR)

    def _end(self, sign: int) -> None:
        self.ended_by = sign
        with contextlib.suppress(OSError):  # a second signal
            self._in.shutdown(socket.SHUT_WR)

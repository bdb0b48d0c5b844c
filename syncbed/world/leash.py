"""No server outlives the one who started it, however that one ended.

A small process of its own reads a pipe of ours: a child's number when it starts, the same with
a minus when it has ended. The pipe closes when we end, crash or are killed, and then whatever
is still on the list is killed. It knows numbers and nothing else.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading

WATCH = """
held=" "
while read -r number; do
    case $number in
        -*) held=$(printf %s "$held" | sed "s/ ${number#-} / /") ;;
        *) held="$held$number " ;;
    esac
done
for number in $held; do kill -9 "$number"; done
"""


class Leash:
    def __init__(self) -> None:
        self._watcher: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def hold(self, pid: int) -> None:
        self._tell(f"{pid}\n")

    def release(self, pid: int) -> None:
        """Only once it has been waited for: until then its number cannot be anybody else's."""
        self._tell(f"-{pid}\n")

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._watcher is None:
                # A session of its own: the Ctrl-C that ends us must not end it first.
                self._watcher = subprocess.Popen(
                    ["sh", "-c", WATCH],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    start_new_session=True,
                )
            assert self._watcher.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # somebody killed it: we go on without
                self._watcher.stdin.write(line)
                self._watcher.stdin.flush()


leash = Leash()

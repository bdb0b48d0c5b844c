"""The reference server as a process: where its files are, its settings, its address.

Owns the boundary between the instrument and the system under test: environment variables in,
one line of output and an exit code back. Refuses to import anything from `server`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .process import LineSink, WatchedProcess, WorldError

Setting = str | int | float | bool | Path | None

LISTENING = re.compile(
    r"^syncbed: listening on (?P<url>http://\S+:(?P<port>\d+)) \(broker: (?P<broker>\w+)\)"
)
SETTING_PREFIX = "SYNCBED_"


@dataclass(frozen=True)
class Address:
    """Where a running server is reached, ours or anybody's: `http://localhost:8000`."""

    url: str

    @property
    def ws_url(self) -> str:
        return "ws" + self.url.removeprefix("http")


def reference_root() -> Path:
    """The folder that holds `server/` and `static/`: inside the wheel, or the checkout's top."""
    package = Path(__file__).resolve().parents[1]
    for root in (package / "reference", package.parent):
        if (root / "server" / "__main__.py").is_file():
            return root
    raise WorldError(
        "the reference server's files are missing: install the syncbed wheel, or run from a checkout"
    )


def reference_command() -> list[str]:
    # -P keeps the current folder off the path, so that a user's own `server` package is not run.
    return [sys.executable, "-P", "-m", "server"]


def reference_environment(settings: Mapping[str, Setting], base: Mapping[str, str]) -> dict[str, str]:
    """`base` with the reference folder on the path and `settings` as SYNCBED_* variables.

    A setting is named as in `server/settings.py`, in lower case; None leaves it as `base` has it.
    """
    path = [str(reference_root()), *filter(None, [base.get("PYTHONPATH")])]
    given = {
        SETTING_PREFIX + name.upper(): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in settings.items()
        if value is not None
    }
    return {**base, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1", **given}


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without SYNCBED_*: a test's server must not obey the shell it was run from."""
    return {name: value for name, value in environ.items() if not name.startswith(SETTING_PREFIX)}


class ReferenceProcess(WatchedProcess):
    """One reference server. Every keyword is one of its settings.

    >>> with ReferenceProcess(test_mode=True, redis_url="redis://127.0.0.1:6379/0") as reference:
    ...     reference.url
    'http://localhost:40123'

    `environ` is what it inherits (ours without SYNCBED_*). The port is any free one unless
    given; a second `start` takes the port of the first.
    """

    name = "reference server"
    ready_line = LISTENING

    def __init__(
        self,
        on_line: LineSink | None = None,
        environ: Mapping[str, str] | None = None,
        /,
        **settings: Setting,
    ) -> None:
        super().__init__(on_line=on_line)
        self._environ = environ
        self._settings: dict[str, Setting] = {"port": 0, **settings}
        self.address = Address("")
        self.broker = ""

    def command(self) -> list[str]:
        return reference_command()

    def environment(self) -> dict[str, str]:
        base = without_settings(os.environ) if self._environ is None else self._environ
        return reference_environment(self._settings, base)

    def became_ready(self, line: re.Match[str]) -> None:
        self.address = Address(line["url"])
        self.broker = line["broker"]
        self._settings["port"] = int(line["port"])

    @property
    def port(self) -> int:
        return int(str(self._settings["port"]))

    @property
    def url(self) -> str:
        return self.address.url

    @property
    def ws_url(self) -> str:
        return self.address.ws_url

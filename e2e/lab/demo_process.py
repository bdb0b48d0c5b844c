"""`syncbed demo` as a user starts it: the demo page through the wire, with the lab beside it."""

from __future__ import annotations

import json
import os
import re
import sys

from syncbed.world import WatchedProcess
from syncbed.world.reference import without_settings


class DemoProcess(WatchedProcess):
    name = "syncbed demo"
    ready_line = re.compile(r"^\{.*\"url\".*\}$")

    def command(self) -> list[str]:
        return [sys.executable, "-m", "syncbed", "demo", "--json", "--port", "0"]

    def environment(self) -> dict[str, str]:
        return without_settings(os.environ)

    def became_ready(self, line: re.Match[str]) -> None:
        told = json.loads(line[0])
        self.url, self.lab_url, self.profiles = str(told["url"]), str(told["lab"]), dict(told["profiles"])

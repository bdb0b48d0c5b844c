"""docs/lab.md names every command with its arguments, and every code of an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncbed.lab.commands import COMMANDS
from syncbed.lab.errors import CODES
from syncbed.scenario.schema import MISSING

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_there_with_its_arguments(name: str) -> None:
    takes = COMMANDS[name].takes
    entries = takes.entries.items()
    arguments = ", ".join(f"`{key}`" + "?" * (entry.default is not MISSING) for key, entry in entries)
    assert f"| `{name}` | {arguments} | {takes.about} |" in TEXT


@pytest.mark.parametrize("code", CODES)
def test_every_code_stands_there(code: str) -> None:
    assert f"| `{code}` | {CODES[code]} |" in TEXT

"""What needs an extra says so in one line where that is not installed, and nothing else needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]

COMMAND = "sys.argv = ['syncbed', {words}]; from syncbed.cli import main; main()"
SERVER = "sys.argv = ['server']; from server.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize(
    ("missing", "code", "environ", "says"),
    [
        ("mcp", COMMAND.format(words="'mcp'"), {}, "mcp is not installed: pip install 'syncbed[mcp]'"),
        ("httpx", COMMAND.format(words="'mcp'"), {}, "httpx is not installed: pip install 'syncbed[mcp]'"),
        (
            "httpx",
            SERVER,
            {"SYNCBED_CONSUL_URL": "http://127.0.0.1:8500", "SYNCBED_PORT": "0"},
            "SYNCBED_CONSUL_URL needs httpx: pip install 'syncbed[consul]'",
        ),
    ],
)
def test_a_missing_extra_is_named(missing: str, code: str, environ: dict[str, str], says: str) -> None:
    ended = without(missing, code, environ)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"syncbed: error: {says}\n"


@pytest.mark.parametrize("missing", ["mcp", "httpx"])
def test_the_other_commands_do_without(missing: str) -> None:
    ended = without(missing, COMMAND.format(words="'list', '--json'"), {})
    assert ended.returncode == 0, ended.stderr


def without(module: str, code: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the code where the module cannot be imported or found."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules[{module!r}] = None\n{code}"],
        cwd=TOP,
        env={"PYTHONPATH": str(TOP), **environ},
        text=True,
        capture_output=True,
        timeout=60,
    )

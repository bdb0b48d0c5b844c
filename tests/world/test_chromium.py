"""Which Chromium is chosen, told by programs that merely exist."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncbed.world import WorldError
from syncbed.world.chromium import MISSING, launch_arguments, named_chromium, system_chromium


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_headless_shell_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    full = program(tmp_path, "chromium")
    assert system_chromium() == full
    shell = program(tmp_path, "chromium-headless-shell")
    assert system_chromium() == shell


def test_the_named_one_is_taken_or_complained_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCBED_CHROMIUM", raising=False)
    assert named_chromium() is None
    monkeypatch.setenv("SYNCBED_CHROMIUM", program(tmp_path, "mine"))
    assert named_chromium() == str(tmp_path / "mine")
    monkeypatch.setenv("SYNCBED_CHROMIUM", str(tmp_path / "absent"))
    with pytest.raises(WorldError, match="SYNCBED_CHROMIUM names"):
        named_chromium()


def test_the_sandbox_is_given_up_for_root_alone() -> None:
    assert ("--no-sandbox" in launch_arguments()) == (os.geteuid() == 0)


def test_the_error_says_what_to_install() -> None:
    assert "playwright install chromium" in MISSING
    assert "SYNCBED_CHROMIUM" in MISSING

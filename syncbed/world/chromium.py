"""Which Chromium to launch, and how.

Owns the order of the candidates and the arguments. Refuses to skip: without a Chromium there
is an error that says what to install. Playwright is imported by the caller, not here, so that
the command line works where Playwright is not installed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .process import WorldError

if TYPE_CHECKING:
    from playwright.sync_api import BrowserType

# Fastest first: a context opens about three times faster in the headless shell.
SYSTEM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

MISSING = (
    "no Chromium found: run `playwright install chromium`, or install one "
    "(apt-get install chromium-headless-shell, dnf install chromium, brew install --cask chromium), "
    "or set SYNCBED_CHROMIUM to its path"
)


def launch_arguments() -> list[str]:
    # Chromium's sandbox refuses to run as root, which is what containers and CI machines do.
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def named_chromium() -> str | None:
    """The one SYNCBED_CHROMIUM names, or None if it names none."""
    name = os.environ.get("SYNCBED_CHROMIUM")
    if not name:
        return None
    found = shutil.which(name)
    if found is None:
        raise WorldError(f"SYNCBED_CHROMIUM names {name!r}, which is not a program that can be run")
    return found


def system_chromium() -> str | None:
    return next(filter(None, map(shutil.which, SYSTEM_NAMES)), None)


def launches(browser_type: BrowserType, options: Mapping[str, Any]) -> bool:
    """Whether Playwright has its own browser for these options.

    Tried rather than looked up: `executable_path` names the full browser while a headless
    launch uses the headless shell, and either may be the one that is installed.
    """
    try:
        browser_type.launch(**options).close()
    except Exception as error:
        if "Executable doesn't exist" not in str(error):
            raise
        return False
    return True


def launch_options(browser_type: BrowserType, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`options` completed so that `browser_type.launch(**options)` works on this machine.

    SYNCBED_CHROMIUM wins, then Playwright's own, then the system's. Firefox and WebKit, and a
    channel that the caller chose, are left alone.
    """
    chosen = dict(options or {})
    if browser_type.name != "chromium":
        return chosen
    chosen["args"] = [*chosen.get("args", []), *launch_arguments()]
    executable = named_chromium()
    if executable is None and not chosen.get("channel") and not launches(browser_type, chosen):
        executable = system_chromium()
        if executable is None:
            raise WorldError(MISSING)
    if executable is not None:
        chosen["executable_path"] = executable
    return chosen

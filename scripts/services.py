"""What the suites need of the machine: a Redis server and a Chromium, found or installed.

Owns the order of the attempts. Each function gives None, or the sentence that says what is
missing; the suite that needed it then fails by itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import sync_playwright

from syncbed.world import WorldError, chromium
from syncbed.world.redis import redis_executable

Provide = Callable[[], str | None]

INSTALL_S_MAX = 900

REDIS_PACKAGES = {"apt-get": "redis-server", "dnf": "redis", "brew": "redis"}
CHROMIUM_PACKAGES = {"apt-get": "chromium-headless-shell", "dnf": "chromium", "brew": "chromium"}


def provide_redis() -> str | None:
    """TEST_REDIS_URL, else redis-server on the PATH, else the system's package."""
    if os.environ.get("TEST_REDIS_URL"):
        return None
    if shutil.which("redis-server") is None:
        install(REDIS_PACKAGES)
    return _complaint(redis_executable)


def provide_chromium() -> str | None:
    """SYNCBED_CHROMIUM, else Playwright's own, else the system's, else the system's package."""
    if os.environ.get("SYNCBED_CHROMIUM"):
        return _complaint(chromium.named_chromium)
    if playwright_has_chromium() or playwright_gets_chromium():
        return None
    if chromium.system_chromium() is None:
        install(CHROMIUM_PACKAGES)
    return None if chromium.system_chromium() else chromium.MISSING


def playwright_has_chromium() -> bool:
    with sync_playwright() as playwright:
        try:
            playwright.chromium.launch(args=chromium.launch_arguments()).close()
        except Exception:  # whatever stops it, the next candidate is tried
            return False
    return True


def playwright_gets_chromium() -> bool:
    """Download it. A refusal is remembered, until Playwright itself is another version."""
    refused = Path(sys.prefix) / ".syncbed-playwright-refused"
    this_version = version("playwright")
    if refused.is_file() and refused.read_text() == this_version:
        return False
    say("getting Playwright's Chromium")
    playwright = [sys.executable, "-m", "playwright"]
    if not run([*playwright, "install", "--only-shell", "chromium"]):
        say("its download was refused; looking for another Chromium")
        refused.write_text(this_version)
        return False
    if playwright_has_chromium():
        return True
    root = as_root()
    if root is None:
        return False
    say("installing the libraries it needs")
    return run([*root, *playwright, "install-deps", "chromium"]) and playwright_has_chromium()


def install(packages: dict[str, str]) -> None:
    """Ask the system's package manager. Failing is no error here: what is missing is said later."""
    manager = next(filter(shutil.which, packages), None)
    root = [] if manager == "brew" else as_root()
    if manager is None or root is None:
        return
    package = packages[manager]
    say(f"installing {package} with {manager}")
    match manager:
        case "apt-get":
            quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
            quiet += ["-o", "DPkg::Lock::Timeout=300"]
            run([*quiet, "update"])
            run([*quiet, "install", "--no-install-recommends", package])
        case "dnf":
            run([*root, "dnf", "-q", "-y", "install", package])
        case "brew":
            run(["brew", "install", "-q", package])


def as_root() -> list[str] | None:
    """What to put before a command that only root may run; None if we may not become root."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and run(["sudo", "-n", "true"]) else None


def run(command: list[str]) -> bool:
    """Run it quietly; what it said is shown only if it fails."""
    try:
        ended = subprocess.run(
            command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=INSTALL_S_MAX
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(str(error))
        return False
    if ended.returncode:
        print("\n".join(ended.stdout.splitlines()[-5:]), file=sys.stderr)
    return ended.returncode == 0


def say(text: str) -> None:
    print(f"syncbed: {text}", file=sys.stderr, flush=True)


def _complaint(find: Callable[[], object]) -> str | None:
    try:
        find()
    except WorldError as error:
        return str(error)
    return None

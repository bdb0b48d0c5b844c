"""What cannot be played here, told by name before anything runs.

A fault is done for real or refused, never imitated; a server that there is not is not waited for.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from ..drivers import cannot
from ..scenario import Scenario
from .errors import RunError

DRIVERS: dict[str, Mapping[str, str]] = {"tabs": cannot.TABS, "lab": cannot.PANES}
"""`--driver` -> what it cannot do, with the reason."""

OURS_ONLY = ("kill_server", "stop_server", "stop_redis", "restart_redis")


def check_driver(driver: str) -> None:
    """Raises `RunError` for a driver that there is not."""
    if driver not in DRIVERS:
        raise RunError(f"there is no driver {driver!r} (allowed: {', '.join(DRIVERS)})")


def refusals(scenario: Scenario, driver: str = "tabs", *, upstreams: int = 0) -> list[str]:
    """Why this cannot be played here, each `what: why`; empty if it can.

    `upstreams`: how many servers of somebody else's there are instead of our own.
    """
    table = DRIVERS[driver]
    found = [f"{need}: {table[need]}" for need in scenario.needs if need in table]
    if upstreams:
        found += [f"{need}: the server is not ours" for need in scenario.needs if need in OURS_ONLY]
        if scenario.world.instances > upstreams:
            found.append(f"instances: {scenario.world.instances} are asked for, {upstreams} upstreams given")
        if scenario.bug is not None:
            found.append(f"bug {scenario.bug}: it is a patch of the reference SDK")
    elif scenario.world.broker == "redis" and shutil.which("redis-server") is None:
        found.append("redis: there is no redis-server on the PATH")
    return found

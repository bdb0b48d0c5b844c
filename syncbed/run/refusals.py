"""What a driver cannot do, told by name before anything runs.

A fault is done for real or refused, never imitated.
"""

from __future__ import annotations

from ..drivers.faults import FAULTS as TAB_FAULTS
from ..drivers.tabs import NAME as TABS
from ..scenario import Scenario
from .errors import RunError
from .steps import STEPS

NOT_YET = {"lab": "the driver lab does not exist yet: use --driver tabs"}


def check_driver(driver: str) -> None:
    """Raises `RunError` for a driver that there is not."""
    if driver != TABS:
        raise RunError(NOT_YET.get(driver, f"there is no driver {driver!r} (allowed: {TABS}, lab)"))


def refusals(scenario: Scenario) -> list[str]:
    """What of a scenario the driver tabs cannot do, each by its name; empty if it can be played."""
    return [
        f"{step.do}: the driver tabs cannot do this (step {step.number})"
        for step in scenario.steps
        if step.do != "expect" and step.do not in STEPS and step.do not in TAB_FAULTS
    ]

"""The scenario that somebody asks for: by its name in the gallery, by its link, or as JSON. No file."""

from __future__ import annotations

from typing import Any

from ..scenario import Scenario, gallery, load, parse_scenario
from ..scenario.link import is_link, scenario_in
from .errors import LabError


def scenario_of(wanted: Any) -> Scenario:
    """Raises `LabError`, `LinkError` or `ScenarioError`."""
    if not isinstance(wanted, str):
        return parse_scenario(wanted, "shared")
    if wanted in gallery():
        return load(wanted)
    if is_link(wanted):
        return scenario_in(wanted)
    raise LabError("invalid", f"there is no scenario {wanted!r} (allowed: {', '.join(gallery())}, a link)")

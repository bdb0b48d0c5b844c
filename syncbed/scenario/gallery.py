"""The scenarios that come with syncbed, by name."""

from __future__ import annotations

from pathlib import Path

from .link import LinkError, is_link, scenario_in
from .scenario import Scenario, ScenarioError, read_scenario
from .schema import Problem

FOLDER = Path(__file__).parent.parent / "scenarios"


def gallery() -> dict[str, Path]:
    """Name -> file, in the order of the names."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.json"))}


def load(name: str) -> Scenario:
    """A scenario of the gallery by its name, any by its path or its link. Raises `ScenarioError`."""
    if is_link(name):
        try:
            return scenario_in(name)
        except LinkError as error:
            raise ScenarioError("link", [Problem("", str(error), ())]) from None
    path = gallery().get(name) or Path(name)
    if not path.is_file():
        raise ScenarioError(name, [Problem("", "there is no such scenario or file", tuple(gallery()))])
    return read_scenario(path)

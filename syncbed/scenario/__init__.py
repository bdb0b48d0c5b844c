"""The scenario file: its format, its checks, its gallery. Runs nothing: drivers do."""

from .gallery import gallery, load
from .scenario import Profile, Scenario, ScenarioError, Step, World, parse_scenario, read_scenario
from .steps import CONDITIONS, EXPECTATIONS, STEPS
from .table import CAPS, FORMAT_VERSION, NEEDS
from .text import scenario_text

__all__ = [
    "CAPS",
    "CONDITIONS",
    "EXPECTATIONS",
    "FORMAT_VERSION",
    "NEEDS",
    "STEPS",
    "Profile",
    "Scenario",
    "ScenarioError",
    "Step",
    "World",
    "gallery",
    "load",
    "parse_scenario",
    "read_scenario",
    "scenario_text",
]

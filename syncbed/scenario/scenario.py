"""A scenario in memory: read from JSON, checked as a whole, ready for a driver.

After its last step every run heals, settles within `settle_ms_max`, and reads the committed log
and the server's items; a scenario does not say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from .consistency import check_consistency
from .meaning import fault_rule, op_name, op_names
from .schema import Problem, Problems
from .table import SCENARIO, TITLE_MAX

FIXED = " (fixed)"
OF_THE_BUG = ("bug", "expected", "violates", "because")


class ScenarioError(ValueError):
    """A file that is no scenario: every problem it has, each with its path and what is allowed."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        self.name = name
        self.problems = problems
        super().__init__("\n".join(f"{name}: {problem}" for problem in problems))


@dataclass(frozen=True, slots=True)
class World:
    broker: Literal["memory", "redis"]
    instances: int
    append_only: bool

    @property
    def instance_names(self) -> str:
        return "abc"[: self.instances]


@dataclass(frozen=True, slots=True)
class Profile:
    tabs: int
    instance: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `do` is its name in the table, `step["tab"]` its keys with their defaults filled in."""

    number: int
    do: str
    keys: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.keys[key]

    @property
    def op(self) -> str:
        """The id of an op, which is also its token."""
        return op_name(self.keys, self.number)

    @property
    def ops(self) -> list[str]:
        """The ids of all ops that it makes (`times`); empty if it is no op."""
        return op_names(self.do, self.keys, self.number)

    @property
    def rule(self) -> dict[str, Any]:
        """The rule of the wire that an `add_rule` or `fault` step means."""
        return self.keys["rule"] if self.do == "add_rule" else fault_rule(self.keys)

    def to_json(self) -> dict[str, Any]:
        return {"do": self.do, **self.keys}


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    about: str
    world: World
    profiles: Mapping[str, Profile]
    collection: str
    dialect: str
    mode: Literal["free", "held"]
    needs: tuple[str, ...]
    judges: tuple[str, ...]
    expected: Literal["ok", "violated", "unknown"]
    violates: tuple[str, ...]
    because: str | None
    bug: str | None
    """A bug of the zoo that the SDK is served with."""
    seed: int
    settle_ms_max: int
    steps: tuple[Step, ...]
    raw: Mapping[str, Any]
    """The JSON as it was given."""

    def fixed(self) -> Scenario:
        """Its twin: the same without the bug, which must be ok. Raises `ScenarioError` if it has none."""
        if self.bug is None:
            problem = Problem("/bug", "is not there: only a scenario with a planted bug has a fixed twin")
            raise ScenarioError(self.name, [problem])
        raw = {key: value for key, value in self.raw.items() if key not in OF_THE_BUG}
        raw["title"] = f"{self.title[: TITLE_MAX - len(FIXED)]}{FIXED}"
        return replace(parse_scenario(raw, f"{self.name}-fixed"), seed=self.seed)

    def tabs(self) -> Iterator[str]:
        """The tabs that are open from the start."""
        for name, profile in self.profiles.items():
            for number in range(1, profile.tabs + 1):
                yield f"{name}/{number}"


def parse_scenario(raw: object, name: str = "scenario") -> Scenario:
    """The scenario of a JSON document. Raises `ScenarioError` with all that is wrong with it."""
    problems = Problems()
    found = SCENARIO.check(raw, "", problems)
    if not problems:
        check_consistency(found, problems)
    if problems:
        raise ScenarioError(name, problems)
    assert isinstance(raw, Mapping)
    keys = {
        key: value for key, value in found.items() if key not in ("syncbed", "world", "profiles", "steps")
    }
    for key in ("needs", "judges", "violates"):
        keys[key] = tuple(keys[key])
    return Scenario(
        name=name,
        world=World(**found["world"]),
        profiles={each: Profile(**profile) for each, profile in found["profiles"].items()},
        steps=tuple(
            Step(number, step["do"], {key: value for key, value in step.items() if key != "do"})
            for number, step in enumerate(found["steps"])
        ),
        raw=raw,
        **keys,
    )


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file, named by it. Raises `ScenarioError`, or `OSError`."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except ValueError as error:
        raise ScenarioError(str(path), [Problem("", f"not JSON: {error}")]) from None
    return parse_scenario(raw, path.stem)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found

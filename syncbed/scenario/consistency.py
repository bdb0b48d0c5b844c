"""What one key's check cannot see: whether the parts of a scenario fit each other.

Runs on a file whose every key is sound by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..wire import WireError
from ..wire.rules import rule_from_json
from .meaning import driver_needs, fault_rule, op_names
from .schema import Problems
from .steps import HELD
from .table import CAPS

AUTOMATIC_ID = re.compile(r"o[0-9]+")


def check_consistency(found: Mapping[str, Any], problems: Problems) -> None:
    """Add what does not fit to `problems`; `found` has its defaults filled in."""
    _world(found, problems)
    _verdict(found, problems)
    walk = _Walk(found, problems)
    for number, step in enumerate(found["steps"]):
        walk.take(number, step)
    _needs(found, walk.needed, problems)


def _world(found: Mapping[str, Any], problems: Problems) -> None:
    world = found["world"]
    if world["broker"] == "memory":
        if world["instances"] > 1:
            problems.add("/world/instances", "several instances are one world only behind Redis", ["1"])
        if world["append_only"]:
            problems.add("/world/append_only", "memory appends to no file", ["false"])
    names = "abc"[: world["instances"]]
    for name, profile in found["profiles"].items():
        if profile["instance"] not in names:
            problems.add(f"/profiles/{name}/instance", "the world has no such instance", names)


def _verdict(found: Mapping[str, Any], problems: Problems) -> None:
    judges = found["judges"]
    expects = any(step["do"] == "expect" for step in found["steps"])
    if expects and "expectations" not in judges:
        problems.add("/judges", "there are expect steps, and nobody judges them", ["expectations, besides"])
    if not expects and "expectations" in judges:
        problems.add("/judges", "there is no expect step to judge by 'expectations'", ["the others"])
    if found["expected"] != "ok" and not found["because"]:
        problems.add("/because", "is missing: say why the verdict is not ok", ["a sentence"])
    if found["expected"] == "violated" and not found["violates"]:
        problems.add("/violates", "is missing: say which invariants are violated", judges)
    if found["expected"] != "violated" and found["violates"]:
        problems.add("/violates", f"stands with 'violated' only, this expects {found['expected']!r}", ["[]"])
    for index, name in enumerate(found["violates"]):
        if name not in judges:
            problems.add(f"/violates/{index}", f"{name!r} is not judged", judges)


def _needs(found: Mapping[str, Any], used: dict[str, str], problems: Problems) -> None:
    if found["mode"] == "held":
        used.setdefault("hold", "/mode")
    for name, path in used.items():
        if name not in found["needs"]:
            problems.add("/needs", f"lacks {name!r}, which {path} uses", [*found["needs"], name])
    for index, name in enumerate(found["needs"]):
        if name not in used and name not in CAPS:
            problems.add(f"/needs/{index}", f"no step uses {name!r}", [*CAPS, *used])


class _Walk:
    """The steps in their order: what is there when each is taken."""

    def __init__(self, found: Mapping[str, Any], problems: Problems) -> None:
        self.problems = problems
        self.world = found["world"]
        self.profiles = found["profiles"]
        self.open = {
            f"{name}/{number}"
            for name, profile in found["profiles"].items()
            for number in range(1, profile["tabs"] + 1)
        }
        self.held = found["mode"] == "held"
        self.ops: set[str] = set()
        self.faults: set[str] = set()
        self.needed: dict[str, str] = {}

    def take(self, number: int, step: Mapping[str, Any]) -> None:
        path, do = f"/steps/{number}", step["do"]
        self._servers(do, step, path)
        self._tabs(do, step, path)
        self._faults(do, step, path)
        condition = step.get("for") or step.get("that")
        if condition is not None:
            place = f"{path}/{'for' if 'for' in step else 'that'}"
            self._named_tab(condition, place)
            if "op" in condition and condition["op"] not in self.ops:
                self.problems.add(
                    f"{place}/op", f"no earlier step has the id {condition['op']!r}", sorted(self.ops)
                )
        self._ops(do, step, path, number)
        self._mode(do, path)
        for need in driver_needs(do, step):
            self.needed.setdefault(need, path)

    def _ops(self, do: str, step: Mapping[str, Any], path: str, number: int) -> None:
        if AUTOMATIC_ID.fullmatch(step.get("id") or ""):
            self.problems.add(f"{path}/id", "o and a number is what steps without an id are called")
        for name in op_names(do, step, number):
            if name in self.ops:
                self.problems.add(f"{path}/id", f"another op is called {name!r}")
            self.ops.add(name)

    def _mode(self, do: str, path: str) -> None:
        if do in HELD and do != "hold" and not self.held:
            self.problems.add(
                f"{path}/do", f"{do} needs a held network", ["a hold step before", '"mode": "held"']
            )
        if do in ("hold", "go"):
            self.held = do == "hold"

    def _servers(self, do: str, step: Mapping[str, Any], path: str) -> None:
        names = "abc"[: self.world["instances"]]
        if "instance" in step and step["instance"] not in names:
            self.problems.add(f"{path}/instance", "the world has no such instance", names)
        if do.endswith("_redis") and self.world["broker"] != "redis":
            self.problems.add(f"{path}/do", f"{do}: this world has no Redis", ['"broker": "redis"'])
        if do == "restart_redis" and step["data"] == "kept" and not self.world["append_only"]:
            self.problems.add(f"{path}/data", "Redis keeps nothing without append_only", ["lost"])
        if "profile" in step and step["profile"] not in self.profiles:
            self.problems.add(f"{path}/profile", f"there is no {step['profile']!r}", self.profiles)

    def _tabs(self, do: str, step: Mapping[str, Any], path: str) -> None:
        if do == "open":
            self._new_tab(step["tab"], f"{path}/tab")
            return
        self._named_tab(step, path)
        if do == "duplicate_tab":
            self._new_tab(step["as"], f"{path}/as")
        if do in ("close", "crash"):
            self.open.discard(step["tab"])

    def _new_tab(self, tab: str, path: str) -> None:
        if tab.partition("/")[0] not in self.profiles:
            self.problems.add(path, f"{tab!r} is of no profile", self.profiles)
        elif tab in self.open:
            self.problems.add(path, f"{tab!r} is open already")
        self.open.add(tab)

    def _named_tab(self, step: Mapping[str, Any], path: str) -> None:
        if "tab" in step and step["tab"] not in self.open:
            self.problems.add(f"{path}/tab", f"{step['tab']!r} is not open here", sorted(self.open))
        on = step.get("on")
        if on is not None and on not in self.open and on not in self.profiles:
            self.problems.add(f"{path}/on", f"there is no {on!r}", [*self.profiles, *sorted(self.open)])

    def _faults(self, do: str, step: Mapping[str, Any], path: str) -> None:
        if do == "remove_rule":
            if step["id"] not in self.faults:
                self.problems.add(f"{path}/id", f"no rule {step['id']!r} is in force", sorted(self.faults))
            self.faults.discard(step["id"])
        if do == "heal":
            self.faults.clear()
        if do not in ("add_rule", "fault"):
            return
        rule = step["rule"] if do == "add_rule" else fault_rule(step)
        if do == "fault":
            try:
                rule_from_json(rule)
            except WireError as error:
                self.problems.add(path, f"as the rule {rule}: {error.text}", error.allowed)
        if rule["id"] in self.faults:
            self.problems.add(f"{path}/id", f"a rule {rule['id']!r} is in force already")
        self.faults.add(rule["id"])
        profile = rule.get("match", {}).get("profile")
        if do == "add_rule" and profile is not None and profile not in self.profiles:
            self.problems.add(f"{path}/rule/match/profile", f"there is no {profile!r}", self.profiles)

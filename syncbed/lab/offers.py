"""What the lab offers before anything runs: the gallery's cards, the faults, the bugs.

Owns how they are called on the page. A scenario that a pane cannot play whole says what it lacks, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from ..scenario import CAPS, Scenario, gallery, load
from ..scenario.steps import SERVERS, TABS
from ..wire.documents import CHANGES
from ..wire.faults import FAULTS, fault_from_json, fault_to_json
from ..zoo import ZOO

WS_NOW: dict[str, Any] = {"match": {"kind": "ws"}, "now": True}
A_POST: dict[str, Any] = {"match": {"method": "POST"}, "limit": 1}
# (id, title, fault, the rest of its rule). No id and no tab in a rule: the page names whom it hits.
OFFERED: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("answer_lost", "answer lost", {"kind": "answer_lost"}, A_POST),
    ("cut", "cut", {"kind": "cut"}, WS_NOW),
    ("close", "close 1012", {"kind": "close", "code": 1012}, WS_NOW),
    ("half_open", "half-open", {"kind": "half_open"}, WS_NOW),
    ("stall", "stall", {"kind": "stall"}, WS_NOW),
    ("delay", "slow 2 s", {"kind": "delay", "delay_ms": 2000}, {"match": {}}),
    ("refuse", "refuse", {"kind": "refuse"}, {"match": {}}),
    ("http_status", "503", {"kind": "http_status", "status": 503}, A_POST),
    ("duplicate_request", "sent twice", {"kind": "duplicate_request"}, A_POST),
    ("offline", "offline", {"kind": "offline"}, {"match": {}}),
)
NEED_A_TAB: frozenset[str] = frozenset()
"""Faults that mean one tab; the others may mean a profile, or everybody."""

IN_PANES = (
    "absolute addresses: what a page opens at a server behind the wire by its address goes through the wire",
    "elsewhere: what a page opens at any other server goes past the wire, unseen",
    "service workers: refused (403), for what one fetches could not be told apart by tab",
)
"""What becomes of an app in a pane besides the changes to its documents."""

GROUPS: dict[str, frozenset[str]] = {
    "Servers and Redis": frozenset(name for name in SERVERS),
    "Tabs": frozenset(name for name in TABS),
    "The network": frozenset(FAULTS),
    "Held": frozenset(("hold",)),
}


def faults() -> list[dict[str, Any]]:
    return [
        {"id": name, "title": title, "rule": {**rule, "fault": fault}, "needs_tab": name in NEED_A_TAB}
        for name, title, fault, rule in OFFERED
    ]


def fault_title(rule: Mapping[str, Any]) -> str:
    """How a rule in force is called: `slow 2 s, alice/1`."""
    fault, match = rule["fault"], rule.get("match", {})
    title = next((t for _, t, offered, *_ in OFFERED if _said(offered) == fault), fault["kind"])
    whose = match.get("profile", "")
    if whose and match.get("tab"):
        whose += f"/{match['tab']}"
    return f"{title.replace('_', ' ')}, {whose}" if whose else title.replace("_", " ")


def _said(fault: Mapping[str, Any]) -> dict[str, Any]:
    """As the wire writes it: what goes without saying is left out."""
    return fault_to_json(fault_from_json(fault, ""))


def group_of(scenario: Scenario) -> str:
    if scenario.bug is not None:
        return "Planted bugs"
    needs = {name for name in scenario.needs if name not in CAPS}
    return next((group for group, names in GROUPS.items() if needs & names), "Without faults")


def refused(scenario: Scenario, cannot: Mapping[str, str]) -> list[str]:
    """What of it a driver cannot do, each with the reason."""
    return [f"{need}: {cannot[need]}" for need in scenario.needs if need in cannot]


def card(scenario: Scenario, cannot: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "about": scenario.about,
        "group": group_of(scenario),
        "bug": scenario.bug,
        "twin_of": None,
        "needs": list(scenario.needs),
        "refused": refused(scenario, cannot),
    }


@cache
def _gallery() -> tuple[Scenario, ...]:
    return tuple(load(name) for name in gallery())


def hello(cannot: Mapping[str, str]) -> dict[str, Any]:
    """The first message to a page. `cannot` are the needs that panes do not meet."""
    return {
        "type": "hello",
        "version": version("syncbed"),
        "gallery": [card(scenario, cannot) for scenario in _gallery()],
        "faults": faults(),
        "zoo": [
            {"name": bug.name, "title": bug.title, "invariant": bug.invariant, "about": bug.about}
            for bug in ZOO.values()
        ],
        "wire_strips": [*(f"{word}: {about}" for word, about in CHANGES.items()), *IN_PANES],
    }

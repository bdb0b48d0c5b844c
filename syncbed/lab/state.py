"""The `state` message: what is true now, whole. Reads a world, changes nothing.

Each part is a function of its own, and one that cannot be read (a wire that has just been stopped) is left as
it is in an empty lab.
"""

from __future__ import annotations

from typing import Any

from ..drivers.driver import Driver
from ..run.session import Session
from .labels import in_flight
from .offers import fault_title
from .world import LabWorld

EMPTY: dict[str, Any] = {
    "mode": "free",
    "driver": "panes",
    "busy": "",
    "in_flight": [],
    "timers": [],
    "faults": [],
    "tabs": [],
    "servers": [],
    "redis": None,
    "not_repeatable": [],
    "scenario": None,
    "bug": None,
    "verdict": None,
    "recording": False,
    "records": 0,
    "cannot": {},
}


def state(world: LabWorld) -> dict[str, Any]:
    """`recording` and `records` are the lab's own."""
    session = world.session
    held = session.held.world if session.held is not None and world.holding else None
    return {
        **EMPTY,
        "mode": "held" if world.holding else "free",
        "driver": session.driver.name,
        "busy": world.busy,
        "in_flight": [in_flight(waiting) for waiting in _waiting(session, held)],
        "timers": [
            {**timer.to_json(), "reachable": timer.owner in session.driver.tabs}
            for timer in (held.timers() if held is not None else [])
        ],
        "faults": [
            {"id": rule.id, "title": fault_title(rule.to_json()), "rule": rule.to_json(), "acted": rule.acted}
            for rule in session.wire.book.rules.values()
        ],
        "tabs": tabs(session),
        "servers": _servers(session),
        "redis": {"up": session.servers.redis.running} if session.servers.redis is not None else None,
        "not_repeatable": list(session.held.not_repeatable) if session.held is not None else [],
        "scenario": world.script.to_json() if world.script is not None else None,
        "bug": world.base.bug,
        "verdict": world.judging.to_json(),
    }


def tabs(session: Session) -> list[dict[str, Any]]:
    driver: Driver[Any] = session.driver
    found = []
    for name, tab in driver.tabs.items():
        profile, _, number = name.partition("/")
        seen = session.watch.tabs[name]
        found.append(
            {
                "tab": name,
                "profile": profile,
                "number": int(number),
                "url": tab.url if hasattr(tab, "url") else tab.place.url,
                "kind": getattr(tab, "kind", "page"),
                "state": seen.state,
                "pending": len(seen.pending),
                "live": getattr(tab, "link", True) is not None,
                "document": tab.document,
                "leader": _leads(session, name),
                "offline": f"offline-{profile}-{number}" in session.wire.book.rules,
            }
        )
    order = list(session.scenario.profiles)
    return sorted(found, key=lambda each: (_place(each["profile"], order), each["number"]))


def _place(profile: str, order: list[str]) -> int:
    return order.index(profile) if profile in order else len(order)


def _leads(session: Session, name: str) -> bool:
    """Whether it is the one tab of several that holds the profile's sockets: the wire can see no more."""
    profile = name.partition("/")[0]
    siblings = [tab for tab in session.driver.tabs if tab.startswith(f"{profile}/")]
    holding = [tab for tab in siblings if session.watch.tabs[tab].sockets]
    return len(siblings) > 1 and holding == [name]


def _waiting(session: Session, held: Any) -> list[Any]:
    """Those that can be chosen first, in the order in which *step* takes them."""
    waiting = session.wire.in_flight()
    if held is None:
        return waiting
    chosen = held.messages()
    return [*chosen, *(each for each in waiting if each not in chosen)]


def _servers(session: Session) -> list[dict[str, Any]]:
    ours = session.servers.instances
    if ours:
        return [{"name": name, "up": process.running} for name, process in ours.items()]
    return [{"name": upstream.name, "up": True} for upstream in session.wire.settings.upstreams]

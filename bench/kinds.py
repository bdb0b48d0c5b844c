"""The kinds of faults that the benches strike with: how each begins, and what ends it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Step = dict[str, Any]

INSTANCES = {"alice": "a", "bob": "b", "carol": "a", "dave": "b"}


class Names:
    """What one story draws from its seed: chance, and names that are used once."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._ops = 0
        self._faults = 0
        self._leads: dict[str, int] = {}

    def op(self) -> str:
        self._ops += 1
        return f"w{self._ops}"

    def fault(self, kind: str) -> str:
        self._faults += 1
        return f"{kind.replace('_', '-')}-{self._faults}"

    def leader(self, on: str) -> str:
        """The tab of a profile that leads, as far as the story goes."""
        return f"{on}/{self._leads.get(on, 1)}"

    def follower(self, on: str) -> str:
        return f"{on}/{3 - self._leads.get(on, 1)}"

    def hand_over(self, on: str) -> str:
        """The tab that leads, which goes; the other one leads from here on."""
        goes = self.leader(on)
        self._leads[on] = 3 - self._leads.get(on, 1)
        return goes


Steps = Callable[[Names, str], list[Step]]
"""Steps against a profile."""


@dataclass(frozen=True)
class Kind:
    begin: Steps
    end: Steps = lambda names, on: []
    """What ends it before the heal, if that is a step of its own."""
    late: bool = False
    """It strikes between two bursts of writes, not before the first."""
    lasts: bool = True
    """It goes on until it is healed; if not, it is over as soon as it has acted."""
    noticed_ms: int = 0
    """So long it has to last to be noticed."""
    loses: bool = False
    """It takes acknowledged writes with it."""


def put(tab: str, key: str, op: str) -> Step:
    return {"do": "put", "tab": tab, "key": key, "title": key, "id": op}


def strike(kind: str, layer: str = "ws", **keys: Any) -> Steps:
    """A fault of the wire on a profile."""

    def begin(names: Names, on: str) -> list[Step]:
        fault = {"kind": kind, **keys}
        return [{"do": "fault", "id": names.fault(kind), "on": on, "fault": fault, "layer": layer}]

    return begin


def rule(name: str, match: dict[str, Any], fault: dict[str, Any], **more: Any) -> Step:
    return {"do": "add_rule", "rule": {"id": name, "match": match, "fault": fault, **more}}


def creates(on: str) -> dict[str, Any]:
    return {"profile": on, "stage": "request", "path": "/api/orders*", "method": "POST"}


def events(on: str) -> dict[str, Any]:
    return {"profile": on, "kind": "ws", "direction": "down", "stage": "frame"}


def cut(names: Names, on: str) -> list[Step]:
    return strike("cut", names.chance.choice(("ws", "any")))(names, on)


def refuse(names: Names, on: str) -> list[Step]:
    """The living connections are ended too, or nobody knocks."""
    return [*strike("refuse")(names, on), *strike("cut", "any")(names, on)]


def slow_handshake(names: Names, on: str) -> list[Step]:
    match = {"profile": on, "kind": "ws", "stage": "handshake"}
    slow = rule(names.fault("slow_handshake"), match, {"kind": "slow_handshake", "delay_ms": 800})
    return [slow, *strike("cut")(names, on)]


def answer_lost(names: Names, on: str) -> list[Step]:
    """The events that would tell are late, too: else they say all that the answer can say."""
    return [
        rule(names.fault("late_events"), events(on), {"kind": "delay", "delay_ms": 4000}),
        rule(
            names.fault("answer_lost"),
            creates(on),
            {"kind": "answer_lost"},
            limit=names.chance.randint(1, 3),
        ),
        a_create(names, on),
    ]


def a_create(names: Names, on: str) -> Step:
    """The item is new to everybody, so it is a POST."""
    return put(f"{on}/{names.chance.randint(1, 2)}", f"new-{names.op()}", names.op())


def on_creates(kind: str, **keys: Any) -> Steps:
    """What strikes some requests, and one that it is sure to strike."""

    def begin(names: Names, on: str) -> list[Step]:
        fault = {"kind": kind, **keys}
        limit = names.chance.randint(1, 3)
        return [rule(names.fault(kind), creates(on), fault, limit=limit), a_create(names, on)]

    return begin


def delay(names: Names, on: str) -> list[Step]:
    fault = {"kind": "delay", "delay_ms": names.chance.randint(20, 400), "jitter_ms": 50}
    return [rule(names.fault("delay"), {"profile": on}, fault)]


def throttle(names: Names, on: str) -> list[Step]:
    fault = {"kind": "throttle", "bytes_per_second": names.chance.choice((5000, 20_000))}
    return [rule(names.fault("throttle"), events(on), fault)]


def stall(names: Names, on: str) -> list[Step]:
    """The wire reads no more of what the server sends: on its way up a socket carries next to nothing."""
    return [rule(names.fault("stall"), events(on), {"kind": "stall"})]


def on_leader(do: str, **keys: Any) -> Steps:
    return lambda names, on: [{"do": do, "tab": names.leader(on), **keys}]


def without_leader(do: str) -> Steps:
    """The leader goes, at least for a while."""
    return lambda names, on: [{"do": do, "tab": names.hand_over(on)}]


def opened_again(names: Names, on: str) -> list[Step]:
    return [{"do": "open", "tab": names.follower(on)}]


def on_instance(do: str) -> Steps:
    return lambda names, on: [{"do": do, "instance": INSTANCES[on]}]


def on_redis(do: str, **keys: Any) -> Steps:
    return lambda names, on: [{"do": do, **keys}]


def reload(names: Names, on: str) -> list[Step]:
    leads = names.chance.random() < 0.7
    return [{"do": "reload", "tab": names.hand_over(on) if leads else names.follower(on)}]


KINDS: dict[str, Kind] = {
    "cut": Kind(cut, lasts=False),
    "refuse": Kind(refuse),
    "offline": Kind(strike("offline")),
    "slow_handshake": Kind(slow_handshake),
    "answer_lost": Kind(answer_lost, lasts=False),
    "duplicate_request": Kind(on_creates("duplicate_request"), lasts=False),
    "http_status": Kind(on_creates("http_status", status=503), lasts=False),
    "delay": Kind(delay),
    "throttle": Kind(throttle),
    "stall": Kind(stall),
    "half_open": Kind(strike("half_open")),
    "close": Kind(strike("close", code=1012), lasts=False),
    "reload": Kind(reload, late=True, lasts=False),
    "tab_closed": Kind(without_leader("close"), opened_again, late=True),
    "tab_crashed": Kind(without_leader("crash"), opened_again, late=True),
    "server_killed": Kind(on_instance("kill_server"), on_instance("start_server"), late=True),
    "redis_restarted": Kind(on_redis("restart_redis", data="kept"), late=True, lasts=False),
}
"""Of these a soak is made."""

MORE_KINDS: dict[str, Kind] = {
    "half_open_noticed": Kind(strike("half_open"), noticed_ms=8500),
    "busy": Kind(on_leader("busy", for_ms=1000), late=True, lasts=False),
    "frozen": Kind(without_leader("freeze"), late=True),
    "hidden": Kind(on_leader("hide"), late=True),
    "clock_jump": Kind(on_leader("clock_jump", by_ms=3_600_000), late=True, lasts=False),
    "storage_wiped": Kind(lambda names, on: [{"do": "wipe_storage", "profile": on}], late=True, lasts=False),
    "server_stopped": Kind(on_instance("stop_server"), on_instance("start_server"), late=True),
    "redis_stopped": Kind(on_redis("stop_redis"), on_redis("start_redis"), late=True),
    "redis_emptied": Kind(on_redis("restart_redis", data="lost"), late=True, lasts=False, loses=True),
}
"""What a soak leaves out: it takes long, needs a browser process a profile, or loses writes."""

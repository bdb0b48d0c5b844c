"""Scenarios that do each fault once: what this machine, browser and driver can really do is what leaves
a receipt. `syncbed doctor` plays them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..scenario import Scenario, parse_scenario
from ..wire.faults import FAULTS as WIRE_FAULTS

ALICE = "alice/1"
SLOW_MS_MAX = 15_000
CONNECTED: dict[str, Any] = {
    "do": "wait",
    "for": {"is": "state", "tab": ALICE, "state": "connected"},
    "within_ms": SLOW_MS_MAX,
}
# Steps that end a fault, and are none.
BACK = ("open", "show", "thaw", "start_server", "start_redis")
POST = {"profile": "alice", "stage": "request", "method": "POST"}
SOCKET = {"profile": "alice", "kind": "ws"}
DOWN = {"profile": "alice", "kind": "ws", "direction": "down"}

# A fault of the wire -> its JSON, what it is to match, and whether it strikes what lives.
WIRE: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "delay": ({"delay_ms": 100}, POST, False),
    "throttle": ({"bytes_per_second": 500}, POST, False),
    "http_status": ({"status": 503}, POST, False),
    "answer_lost": ({}, POST, False),
    "duplicate_request": ({}, POST, False),
    "drop": ({"tcp_impossible": True}, DOWN, False),
    "duplicate": ({"tcp_impossible": True}, DOWN, False),
    "reorder": ({"tcp_impossible": True}, DOWN, False),
    "stall": ({}, DOWN, True),
    "half_open": ({}, SOCKET, True),
    "close": ({"code": 1012}, SOCKET, True),
    "slow_handshake": ({"delay_ms": 100}, {"profile": "alice"}, False),
    "cut": ({}, SOCKET, True),
    "refuse": ({}, {"profile": "alice"}, False),
    "offline": ({}, {"profile": "alice"}, False),
}
# What happens between adding the rule and taking it away, so that there is something to bear it. Two
# writes: the event of the first has come to the wire when the second is answered.
NEEDS_WRITES = {
    "delay": 1, "throttle": 1, "http_status": 1, "answer_lost": 1, "duplicate_request": 1, "drop": 2,
    "duplicate": 2, "reorder": 2, "stall": 2, "half_open": 2,
}  # fmt: skip
NEEDS_A_CONNECTION = {"slow_handshake": "connected", "refuse": "reconnecting"}  # and how it ends
ENDS_THE_SOCKET = {"close", "cut", "offline"}
ONCE = {"reorder"}

TABS: list[dict[str, Any]] = [
    {"do": "reload", "tab": ALICE},
    {"do": "busy", "tab": ALICE, "for_ms": 100},
    {"do": "clock_jump", "tab": ALICE, "by_ms": 3_600_000},
    {"do": "wipe_storage", "profile": "alice"},
    {"do": "duplicate_tab", "tab": ALICE, "as": "alice/2"},
    {"do": "close", "tab": "alice/2"},
    {"do": "hide", "tab": ALICE},
    {"do": "show", "tab": ALICE},
    {"do": "freeze", "tab": ALICE},
    {"do": "thaw", "tab": ALICE},
    {"do": "open", "tab": "alice/3"},
    {"do": "crash", "tab": "alice/3"},
]
SERVERS: list[dict[str, Any]] = [
    {"do": "kill_server", "instance": "a"},
    {"do": "start_server", "instance": "a"},
    {"do": "stop_server", "instance": "a"},
    {"do": "start_server", "instance": "a"},
    {"do": "stop_redis"},
    {"do": "start_redis"},
    {"do": "restart_redis", "data": "kept"},
]


def probe(about: str, needs: list[str], steps: list[dict[str, Any]], **more: Any) -> Scenario:
    raw: Mapping[str, Any] = {
        "syncbed": 1,
        "title": f"probe of {about}",
        "about": f"Does each fault of {about} once; its receipts say which were really done.",
        "profiles": {"alice": {}},
        "needs": needs,
        "judges": ["converges"],
        "expected": "unknown",
        "because": "it is no test of the SDK",
        "settle_ms_max": SLOW_MS_MAX,
        "steps": steps,
        **more,
    }
    return parse_scenario(raw, f"probe-{about}")


def wire_probe() -> Scenario:
    steps = [step for name in WIRE for step in _once(name)]
    return probe("the wire", list(WIRE), steps)


def _once(name: str) -> Iterator[dict[str, Any]]:
    """A fault of the wire, something for it to act on, and its end."""
    keys, match, now = WIRE[name]
    rule: dict[str, Any] = {"id": name.replace("_", "-"), "match": match, "fault": {"kind": name, **keys}}
    if now:
        rule["now"] = True
    elif match is POST or name in ONCE:
        rule["limit"] = 1
    yield CONNECTED
    if name in NEEDS_A_CONNECTION:
        yield {"do": "disconnect", "tab": ALICE}
    yield {"do": "add_rule", "rule": rule}
    if name in NEEDS_WRITES:
        put = {"do": "put", "tab": ALICE, "key": name, "title": name, "times": NEEDS_WRITES[name]}
        yield {**put, "until": "server", "within_ms": SLOW_MS_MAX}
    if name in NEEDS_A_CONNECTION:
        yield {"do": "connect", "tab": ALICE}
        yield {**CONNECTED, "for": {**CONNECTED["for"], "state": NEEDS_A_CONNECTION[name]}}
    if name in ENDS_THE_SOCKET:
        yield {**CONNECTED, "for": {**CONNECTED["for"], "state": "reconnecting"}}
    yield {"do": "remove_rule", "id": rule["id"]}


def tabs_probe() -> Scenario:
    needs = [
        "reload",
        "busy",
        "clock_jump",
        "wipe_storage",
        "duplicate_tab",
        "close",
        "hide",
        "freeze",
        "crash",
    ]
    return probe("tabs", needs, TABS)


def servers_probe() -> Scenario:
    needs = [step["do"] for step in SERVERS if step["do"] not in BACK]
    return probe("servers", needs, SERVERS, world={"broker": "redis", "append_only": True})


assert set(WIRE) == set(WIRE_FAULTS), "every fault of the wire has a probe"

"""The scenario file as one table: every key, its limits, its default, its meaning."""

from __future__ import annotations

from ..checkers.invariants import INVARIANTS
from ..wire.faults import FAULTS
from ..zoo import ZOO
from .schema import Entry, Fields, Flag, ListOf, MapOf, OneOf, Text, Whole
from .steps import ALL_STEPS, HELD, INSTANCE, PROFILE, SERVERS, TABS, TABS_MAX

FORMAT_VERSION = 1
TITLE_MAX = 100

CAPS = ("server_authority", "crdt", "offline", "tabs", "rpc", "order", "idempotent")
"""What an SDK may claim to be able to do (`window.bed.caps`)."""

# step -> what a driver must be able to do for it
DRIVER_NEEDS: dict[str, str] = {
    **{name: name for name in TABS if name not in ("open", "thaw", "show")},
    "thaw": "freeze",
    "show": "hide",
    **{name: name for name in SERVERS if not name.startswith("start_")},
    **dict.fromkeys(HELD, "hold"),
}
NEEDS = (*CAPS, *FAULTS, *dict.fromkeys(DRIVER_NEEDS.values()))

DIALECTS = ("broadcast", "rooms", "state", "mq")
"""What a page of the reference SDK may speak; static/bed has an adapter for each."""

WORLD = Fields(
    "The servers.",
    {
        "broker": Entry(OneOf(("memory", "redis")), "", "memory"),
        "instances": Entry(Whole(1, 3), "of the server, named a, b, c; more than one needs redis", 1),
        "append_only": Entry(Flag(), "Redis keeps what it has acknowledged past its end", False),
    },
)

PROFILES = MapOf(
    PROFILE,
    Fields(
        "One browser's storage.",
        {
            "tabs": Entry(Whole(1, TABS_MAX), "open from the start, named profile/1, profile/2...", 1),
            "instance": Entry(INSTANCE, "the server that its wire leads to", "a"),
        },
    ),
    1,
    8,
)

SCENARIO = Fields(
    "A scenario.",
    {
        "syncbed": Entry(OneOf((FORMAT_VERSION,)), "the version of this format"),
        "title": Entry(Text(TITLE_MAX), "what happens, in a line"),
        "about": Entry(Text(2000), "one paragraph: what it shows, and why it matters"),
        "world": Entry(WORLD, "the servers", {"broker": "memory", "instances": 1, "append_only": False}),
        "profiles": Entry(PROFILES, "who takes part: a name, its tabs, its instance"),
        "collection": Entry(Text(100, r"[A-Za-z0-9_-]+", "a collection's name"), "what is shown", "orders"),
        "dialect": Entry(
            OneOf(DIALECTS),
            "what the reference SDK's page speaks; an adapter of one's own speaks what it likes",
            "broadcast",
        ),
        "mode": Entry(OneOf(("free", "held")), "`held`: messages and time wait from the start", "free"),
        "needs": Entry(
            ListOf(OneOf(NEEDS), 0, 40), "what the SDK must claim, and every fault that the steps use", []
        ),
        "judges": Entry(ListOf(OneOf(tuple(INVARIANTS)), 1, 40), "the invariants that set the exit code"),
        "expected": Entry(OneOf(("ok", "violated", "unknown")), "the verdict of today's SDK", "ok"),
        "violates": Entry(
            ListOf(OneOf(tuple(INVARIANTS)), 0, 40), "if `violated` is expected: exactly these invariants", []
        ),
        "because": Entry(Text(500), "why not ok; needed if `expected` is not", None),
        "bug": Entry(OneOf(tuple(ZOO)), "a bug of the zoo that the SDK is served with, see below", None),
        "seed": Entry(Whole(0, 2**53 - 1), "of every chance in the run", 1),
        "settle_ms_max": Entry(
            Whole(100, 600_000), "the bound of the settling that every run ends with", 10_000
        ),
        "steps": Entry(ALL_STEPS, "what happens, in order"),
    },
)

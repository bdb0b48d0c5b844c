"""Every step a scenario can take, as one table: its keys, their limits, what it does.

Drivers hold one function for each name here, or refuse it by name.
"""

from __future__ import annotations

from typing import Any

from ..wire import WireError
from ..wire.faults import fault_from_json
from ..wire.rules import rule_from_json
from .schema import Checked, Entry, Fields, Flag, ListOf, OneOf, Problems, Tagged, Text, Whole

STEPS_MAX = 1000
TABS_MAX = 8
MS_MAX = 600_000
WITHIN_MS = 5000
STATES = ("disconnected", "connecting", "connected", "reconnecting")

PROFILE = Text(40, r"[a-z][a-z0-9-]*", "a profile's name, like alice")
TAB = Text(44, r"[a-z][a-z0-9-]*/[1-9][0-9]?", "a tab, like alice/1")
ON = Text(44, r"[a-z][a-z0-9-]*(/[1-9][0-9]?)?", "a profile, like alice, or a tab, like alice/1")
ID = Text(30, r"[a-z][a-z0-9-]*", "letters, digits and -, like espresso-1")
KEY = Text(100, r"[A-Za-z0-9_-]+", "letters, digits, _ and -")
CHANNEL = Text(200)
INSTANCE = OneOf(("a", "b", "c"))
MS = Whole(0, MS_MAX)


def _rule(value: Any, path: str, problems: Problems) -> None:
    if isinstance(value, dict) and "id" not in value:
        problems.add(f"{path}/id", "is missing: a receipt and remove_rule name the rule by it", [ID.words()])
        return
    try:
        rule_from_json(value)
    except WireError as error:
        problems.add(path + error.path.rstrip("/"), error.text, error.allowed)


def _fault(value: Any, path: str, problems: Problems) -> None:
    try:
        fault_from_json(value, "")
    except WireError as error:
        problems.add(path + error.path.rstrip("/"), error.text, error.allowed)


RULE = Checked(_rule, "a rule of the wire")
FAULT = Checked(_fault, 'a fault of the wire, like {"kind": "cut"}')


def _within(about: str, default: int = WITHIN_MS) -> dict[str, Entry]:
    return {"within_ms": Entry(MS, about, default)}


def _tab(about: str = "whose") -> dict[str, Entry]:
    return {"tab": Entry(TAB, about)}


def _op(*, waits: bool = True) -> dict[str, Entry]:
    found = {
        "id": Entry(ID, "its name, and its token; `o<number of the step>` if it is left out", None),
    }
    if waits:
        found["until"] = Entry(
            OneOf(("local", "server")),
            "go on once the tab shows it, or once the server has answered",
            "local",
        )
        found |= _within("how long `server` may take; then the run stops, unknown")
    return found


OPS: dict[str, Fields] = {
    "put": Fields(
        "Create the item `key`, or change it if the tab shows it. Its title gets the op's token.",
        {
            **_tab("where"),
            "key": Entry(KEY, "the item's id"),
            "title": Entry(Text(150), "what it says, without the token"),
            "done": Entry(Flag(), "", False),
            "times": Entry(
                Whole(1, 1000),
                "that many in a row, without waiting in between: `key-1`, `key-2`... with ids `id-1`...",
                1,
            ),
            **_op(),
        },
    ),
    "remove": Fields(
        "Remove the item `key`.", {**_tab("where"), "key": Entry(KEY, "the item's id"), **_op()}
    ),
    "read": Fields(
        "Ask the tab what it holds; the answer is recorded.", {**_tab("where"), **_op(waits=False)}
    ),
    "publish": Fields(
        "Publish on a channel, as the SDK does it. The payload's title gets the op's token.",
        {
            **_tab("from where"),
            "channel": Entry(CHANNEL, ""),
            "title": Entry(Text(150), "what it says, without the token"),
            **_op(waits=False),
        },
    ),
    "call": Fields(
        "Call a topic (RPC); the answer is recorded.",
        {
            **_tab("from where"),
            "topic": Entry(CHANNEL, ""),
            "payload": Entry(Checked(lambda value, path, problems: None, "any JSON"), "", None),
            **_op(waits=False),
        },
    ),
    "connect": Fields("Connect, or try now.", _tab()),
    "disconnect": Fields("Disconnect: final.", _tab()),
    "subscribe": Fields("Subscribe to a channel.", {**_tab(), "channel": Entry(CHANNEL, "")}),
    "unsubscribe": Fields("Unsubscribe from a channel.", {**_tab(), "channel": Entry(CHANNEL, "")}),
}

WIRE: dict[str, Fields] = {
    "add_rule": Fields(
        "Put a rule of the wire in force, exactly as the wire's API takes it.",
        {"rule": Entry(RULE, "with an `id`")},
    ),
    "remove_rule": Fields(
        "Take a rule or a lasting fault out of force.", {"id": Entry(ID, "of an earlier rule or fault")}
    ),
    "fault": Fields(
        "One fault of the wire on a profile or tab. Those that can strike a living connection do so now; "
        "the others stay in force until they are removed or healed.",
        {
            "id": Entry(ID, "its name"),
            "on": Entry(ON, "whom it hits"),
            "fault": Entry(FAULT, "the wire's own JSON"),
            "layer": Entry(OneOf(("ws", "http", "any")), "which living connections it strikes", "ws"),
        },
    ),
    "heal": Fields(
        "Remove every rule and fault, let go, start again whatever was stopped, thaw and show the tabs."
    ),
}

TABS: dict[str, Fields] = {
    "open": Fields("Open a tab that is not there.", _tab("the new one")),
    "reload": Fields("Reload the page.", _tab()),
    "close": Fields("Close the tab.", _tab()),
    "crash": Fields("Crash the tab's renderer.", _tab()),
    "freeze": Fields("Freeze the tab, as a browser does with one in the background.", _tab()),
    "thaw": Fields("Let a frozen tab go on.", _tab()),
    "hide": Fields("Put the tab in the background.", _tab()),
    "show": Fields("Bring it back.", _tab()),
    "busy": Fields("Keep the main thread busy.", {**_tab(), "for_ms": Entry(Whole(1, 60_000), "")}),
    "wipe_storage": Fields("Delete what the profile's origin has stored.", {"profile": Entry(PROFILE, "")}),
    "clock_jump": Fields(
        "Let the tab's clock jump.", {**_tab(), "by_ms": Entry(Whole(-MS_MAX * 100, MS_MAX * 100), "")}
    ),
    "duplicate_tab": Fields(
        "Duplicate a tab, with what its session has stored.",
        {**_tab("the one that is there"), "as": Entry(TAB, "the new one")},
    ),
}

SERVERS: dict[str, Fields] = {
    "kill_server": Fields("Kill an instance (SIGKILL).", {"instance": Entry(INSTANCE, "")}),
    "stop_server": Fields("Stop an instance gently.", {"instance": Entry(INSTANCE, "")}),
    "start_server": Fields("Start it again, on its old port.", {"instance": Entry(INSTANCE, "")}),
    "stop_redis": Fields("Stop Redis. What was acknowledged stays on its disk, if it has one."),
    "start_redis": Fields("Start Redis again, on its old port."),
    "restart_redis": Fields(
        "Stop and start it.",
        {"data": Entry(OneOf(("kept", "lost")), "`kept` needs `append_only`", "kept")},
    ),
}

MESSAGE = Text(500, "", "a message's name, like `alice/1 POST /api/orders mutation 1 #1 up`")

HELD: dict[str, Fields] = {
    "hold": Fields("From here on messages wait in flight, and page timers and the server's clock wait."),
    "go": Fields("Let go: everything that waits passes, in the order it came."),
    "deliver": Fields(
        "Deliver one message, then wait for quiet.",
        {"message": Entry(MESSAGE, "its name"), **_within("how long to wait until it is in flight")},
    ),
    "end_before": Fields(
        "End its connection: it is lost.",
        {"message": Entry(MESSAGE, "its name"), **_within("how long to wait until it is in flight")},
    ),
    "end_after": Fields(
        "Deliver it, then end its connection.",
        {"message": Entry(MESSAGE, "its name"), **_within("how long to wait until it is in flight")},
    ),
    "drop": Fields(
        "Lose one message of a WebSocket that lives on: impossible on TCP.",
        {"message": Entry(MESSAGE, "its name"), **_within("how long to wait until it is in flight")},
    ),
    "duplicate": Fields(
        "Deliver one message twice. Of a WebSocket's message it is impossible on TCP; a request may be.",
        {"message": Entry(MESSAGE, "its name"), **_within("how long to wait until it is in flight")},
    ),
    "reorder": Fields(
        "Deliver the message that waits behind this one on its WebSocket; this one waits on: impossible on "
        "TCP.",
        {"message": Entry(MESSAGE, "its name"), **_within("how long to wait until it is in flight")},
    ),
    "deliver_by_seed": Fields(
        "Deliver one message after the other, each chosen by the seed from those in flight, waiting for "
        "quiet in between, until none is left.",
        {"choices_max": Entry(Whole(1, 10_000), "stop there at the latest", 1000)},
    ),
    "advance": Fields(
        "Let the page timers and the server's clock move.", {"by_ms": Entry(Whole(1, MS_MAX), "")}
    ),
    "fire": Fields(
        "Fire one page timer by its name.", {**_tab(), "timer": Entry(Text(200), "as listed in flight")}
    ),
}

SHOWS = {**_tab(), "op": Entry(ID, "the id of an earlier put or publish")}
FRAME_DID = ("seen", "held", "delayed", "delivered", "lost", "answer_lost")

CONDITIONS: dict[str, Fields] = {
    "state": Fields("The SDK's state.", {**_tab(), "state": Entry(OneOf(STATES), "")}),
    "shows": Fields("The tab shows an item with that op's token.", SHOWS),
    "absent": Fields("The tab shows no item `key`.", {**_tab(), "key": Entry(KEY, "")}),
    "pending": Fields("So many mutations are pending.", {**_tab(), "n": Entry(Whole(0, 10_000), "")}),
    "frame": Fields(
        "The wire has done this to a message of this name (`*` stands for anything).",
        {
            "message": Entry(MESSAGE, ""),
            "did": Entry(OneOf(FRAME_DID), "", "delivered"),
        },
    ),
}

EXPECTATIONS: dict[str, Fields] = {
    "converged": Fields(
        "Every open tab and the server show the same items, and nothing is pending.",
        _within("how long it may take until it is so"),
    ),
    "shows": Fields("The tab shows an item with that op's token.", {**SHOWS, **_within("until it is so")}),
    "absent": Fields(
        "The tab shows no item `key`.", {**_tab(), "key": Entry(KEY, ""), **_within("until it is so")}
    ),
    "shows_once": Fields("Exactly one item that the tab shows now has that op's token.", SHOWS),
    "never_shows": Fields("No view of the tab, from the start on, had that op's token.", SHOWS),
    "delivered_once": Fields(
        "The event of that op was handed to the tab's app exactly once, from the start on.", SHOWS
    ),
    "state_is": Fields(
        "The SDK's state.",
        {**_tab(), "state": Entry(OneOf(STATES), ""), **_within("until it is so")},
    ),
    "pending_is": Fields(
        "So many mutations are pending.",
        {**_tab(), "n": Entry(Whole(0, 10_000), ""), **_within("until it is so")},
    ),
    "sockets_at_most": Fields(
        "At the wire, a profile or tab has at no moment of the next `for_ms` more living WebSockets than n.",
        {
            "on": Entry(ON, "whose"),
            "n": Entry(Whole(0, 1000), ""),
            "for_ms": Entry(Whole(0, 60_000), "how long to watch", 0),
        },
    ),
    "connects_within": Fields(
        "The tab becomes connected not before `from_ms` and not after `to_ms`, counted from the end of the "
        "last step that was no expectation.",
        {**_tab(), "from_ms": Entry(MS, "", 0), "to_ms": Entry(MS, "")},
    ),
}

TIMING: dict[str, Fields] = {
    "settle": Fields(
        "Wait until nothing is in flight, nothing is pending, and two views in a row are equal.",
        _within("a bound, not a wait: out of time is recorded as not settled", 10_000),
    ),
    "wait": Fields(
        "Wait for a condition; if it does not come about the run stops, unknown.",
        {
            "for": Entry(Tagged("is", CONDITIONS), "the condition"),
            **_within("how long"),
        },
    ),
    "pause": Fields(
        "In the lab the run stops here, held if it is held, and shows the text. If the person then does what "
        "the next step would have done, it goes on from after that. Elsewhere it goes on by itself.",
        {"text": Entry(Text(500), "what to do, or to look at")},
    ),
    "expect": Fields(
        "Record whether this is so. What is not is a violation of *expectations*; the run goes on.",
        {"that": Entry(Tagged("is", EXPECTATIONS), "the expectation")},
    ),
}

GROUPS: dict[str, dict[str, Fields]] = {
    "Ops in a tab": OPS,
    "The wire": WIRE,
    "Tabs": TABS,
    "Servers and Redis": SERVERS,
    "Held mode": HELD,
    "Timing and expectations": TIMING,
}
STEPS: dict[str, Fields] = {name: step for group in GROUPS.values() for name, step in group.items()}
ANY_STEP = Tagged("do", STEPS)
ALL_STEPS = ListOf(ANY_STEP, 1, STEPS_MAX)
WRITES = ("put", "remove")

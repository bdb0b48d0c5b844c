"""What a scenario waits for and expects: one question to the watch for each name in the format's tables.

A question says whether it is so, what was expected in words, and what was found instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..evidence import TabSeen, Watch
from ..trace import token_in

Keys = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """`met` looks at the watch as it is now."""

    met: Callable[[Watch, Keys], bool]
    expected: Callable[[Keys], str]
    found: Callable[[Watch, Keys], str]


def seen(watch: Watch, keys: Keys) -> TabSeen:
    return watch.tabs[keys["tab"]]


def titles(of: TabSeen) -> str:
    if not of.told:
        return "it has told no view"
    names = [str(item.get("title", item.get("id"))) for item in of.items]
    return f"it shows {', '.join(names)}" if names else "it shows nothing"


STATE = Question(
    lambda watch, keys: seen(watch, keys).state == keys["state"],
    lambda keys: f"{keys['tab']} is {keys['state']}",
    lambda watch, keys: f"it is {seen(watch, keys).state or 'gone'}",
)
SHOWS = Question(
    lambda watch, keys: seen(watch, keys).shown(keys["op"]) > 0,
    lambda keys: f"{keys['tab']} shows #{keys['op']}",
    lambda watch, keys: titles(seen(watch, keys)),
)
ABSENT = Question(
    lambda watch, keys: seen(watch, keys).told and not seen(watch, keys).shows_item(keys["key"]),
    lambda keys: f"{keys['tab']} shows no {keys['key']}",
    lambda watch, keys: titles(seen(watch, keys)),
)
PENDING = Question(
    lambda watch, keys: seen(watch, keys).told and len(seen(watch, keys).pending) == keys["n"],
    lambda keys: f"{keys['tab']} has {keys['n']} pending",
    lambda watch, keys: (
        f"it has {len(seen(watch, keys).pending)}" if seen(watch, keys).told else titles(seen(watch, keys))
    ),
)
FRAME = Question(
    lambda watch, keys: watch.frame_was(keys["did"], keys["message"]),
    lambda keys: f"{keys['message']} was {keys['did']}",
    lambda watch, keys: "it was not",
)
SHOWS_ONCE = Question(
    lambda watch, keys: seen(watch, keys).shown(keys["op"]) == 1,
    lambda keys: f"{keys['tab']} shows #{keys['op']} once",
    lambda watch, keys: f"{seen(watch, keys).shown(keys['op'])} times; {titles(seen(watch, keys))}",
)
NEVER_SHOWS = Question(
    lambda watch, keys: seen(watch, keys).ever_told and keys["op"] not in seen(watch, keys).ever_shown,
    lambda keys: f"{keys['tab']} never showed #{keys['op']}",
    lambda watch, keys: "it did" if seen(watch, keys).ever_told else titles(seen(watch, keys)),
)
DELIVERED_ONCE = Question(
    lambda watch, keys: seen(watch, keys).handed[keys["op"]] == 1,
    lambda keys: f"{keys['tab']} was handed the event of #{keys['op']} once",
    lambda watch, keys: f"{seen(watch, keys).handed[keys['op']]} times",
)

CONDITIONS: dict[str, Question] = {
    "state": STATE,
    "shows": SHOWS,
    "absent": ABSENT,
    "pending": PENDING,
    "frame": FRAME,
}
# The others need more than the watch: see expect.py.
EXPECTATIONS: dict[str, Question] = {
    "shows": SHOWS,
    "absent": ABSENT,
    "shows_once": SHOWS_ONCE,
    "never_shows": NEVER_SHOWS,
    "delivered_once": DELIVERED_ONCE,
    "state_is": STATE,
    "pending_is": PENDING,
}


def difference(watch: Watch, tabs: list[str], held: tuple[Any, ...]) -> str:
    """What keeps these tabs and the server from showing the same, or ""."""
    for tab in tabs:
        shown = watch.tabs[tab]
        if not shown.told:
            return f"{tab} shows nothing yet"
        if shown.pending:
            return f"{tab} has {len(shown.pending)} pending"
        if _by_id(shown.items) != _by_id(held):
            tokens = ", ".join(token_in(item) or str(item.get("id")) for item in held) or "nothing"
            return f"{tab}: {titles(shown)}; the server holds {tokens}"
    return ""


def _by_id(items: tuple[Any, ...]) -> list[tuple[str, str]]:
    """In no order, and without versions: a tab may not know them yet."""
    return sorted(
        (str(item.get("id")), repr(sorted((key, value) for key, value in item.items() if key != "version")))
        for item in items
    )

"""A few events of a trace as a mermaid `sequenceDiagram`: those that a witness names, and those around them.

Whatever was recorded is somebody's text. Everything in it that mermaid could read as its own is written as a
character code, so no payload ends a line, opens a block or begins a comment. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..redaction import redact
from ..trace import (
    Commit,
    Connection,
    Event,
    Fault,
    Frame,
    Invoke,
    Kind,
    Ok,
    Record,
    TabLife,
    TabMessage,
    Teller,
    Trace,
    View,
    answered_words,
    in_order,
    is_message,
    request_words,
)

EVENTS_MAX = 12
TEXT_CHARACTERS_MAX = 70
NEAR_RECORDS = 40
SAFE = re.compile(r"[^\w .,/=×()'\"+]")

LOST = ("lost", "dropped", "abandoned", "answer_lost", "failed")
ENDS = (*LOST, "delivered")
# What explains a witness best, the best first.
TELLING: tuple[Callable[[Kind], bool], ...] = (
    lambda what: isinstance(what, Frame) and what.did in LOST,
    lambda what: isinstance(what, Commit | Invoke | Fault),
    lambda what: isinstance(what, Frame) and what.did in ENDS,
    lambda what: isinstance(what, TabLife | Event),
    lambda what: isinstance(what, Ok),
)


def sequence(trace: Trace, around: Sequence[int]) -> str:
    """The diagram of at most `EVENTS_MAX` events around these records; "" if there is nothing to draw."""
    names = _Names(trace)
    lines = []
    drawn = chosen(trace, around)
    servers = {name for record in drawn if isinstance(record.what, Frame) and (name := _server(record.what))}
    if len(servers) == 1:  # what no frame tells the server of is its own, too
        names.server = servers.pop()
    for record in drawn:
        lines += _line(record, names)
    if not lines:
        return ""
    who = [f"participant {short} as {plain(name, dashes=False)}" for name, short in names.order()]
    return "\n".join(["sequenceDiagram", *(f"    {line}" for line in [*who, *lines])])


def chosen(trace: Trace, around: Sequence[int]) -> list[Record[Kind]]:
    """The records to draw, as they are told: one a message, those of the witness chosen first."""
    records = trace.records
    last_of: dict[str, int] = {
        record.what.message: record.i for record in trace.all(Frame) if record.what.did in ENDS
    }
    wanted: dict[int, None] = {}

    def take(indices: Iterable[int]) -> None:
        for i in indices:
            what = records[i].what
            if isinstance(what, Frame):  # a message is one arrow, drawn as it ended
                i = last_of.get(what.message, i)
            if len(wanted) < EVENTS_MAX and _drawable(records[i].what):
                wanted.setdefault(i)

    centres = [i for i in around if 0 <= i < len(records)] or [len(records) - 1]
    take(centres)
    low, high = min(centres) - NEAR_RECORDS, max(centres) + NEAR_RECORDS
    near = [record for record in records if low <= record.i <= high and _tells(record.what)]
    for telling in TELLING:
        found = [record.i for record in near if telling(record.what)]
        take(sorted(found, key=lambda i: (min(abs(i - centre) for centre in centres), i)))
    return in_order(records, (records[i] for i in wanted))


def plain(text: str, *, dashes: bool = True) -> str:
    """Text that mermaid shows and never reads: everything unusual as its code."""
    text = " ".join(redact(text).split())
    if len(text) > TEXT_CHARACTERS_MAX:
        text = text[: TEXT_CHARACTERS_MAX - 1] + "…"
    allowed = "-" if dashes else ""
    return SAFE.sub(lambda found: found[0] if found[0] in allowed + "…" else f"#{ord(found[0])};", text)


class _Names:
    """Lanes in the order they first appear, tabs before servers; mermaid knows them by short names."""

    def __init__(self, trace: Trace) -> None:
        self.server = "server"
        self.tell = Teller(trace.all(Frame))
        self._short: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        return self._short.setdefault(name, f"p{len(self._short) + 1}")

    def order(self) -> list[tuple[str, str]]:
        return sorted(self._short.items(), key=lambda each: (each[0].startswith("server"), each[0]))


def _drawable(what: Kind) -> bool:
    return type(what) in _LINES


def _tells(what: Kind) -> bool:
    """Whether it may be drawn though no witness names it: pages and modules are noise."""
    if isinstance(what, Frame):
        return what.stage != "handshake" and (
            what.layer == "ws" or what.method not in ("GET", "HEAD", "OPTIONS")
        )
    return _drawable(what)


def _line(record: Record[Kind], names: _Names) -> list[str]:
    return _LINES[type(record.what)](record, names)


def _note(record: Record[Kind], names: _Names) -> list[str]:
    told = names.tell(record)
    tab = str(getattr(record.what, "tab", "")) or _tab_in(record)
    who = names(tab or names.server)
    return [f"Note over {who}: {plain(told.removeprefix(tab + ' '))}"]


def _tab_in(record: Record[Kind]) -> str:
    return record.source.removeprefix("tab ").partition("#")[0] if record.source.startswith("tab ") else ""


def _frame(record: Record[Any], names: _Names) -> list[str]:
    what: Frame = record.what
    tab, server = names(what.tab or "browser"), names(_server(what))
    up = what.direction == "up" and what.did != "answer_lost"
    sender, receiver = (tab, server) if up else (server, tab)
    arrow = {True: "-x", False: "->>"} if up else {True: "--x", False: "-->>"}
    return [f"{sender}{arrow[what.did in LOST]}{receiver}: {plain(_label(what, names))}"]


def _label(what: Frame, names: _Names) -> str:
    if is_message(what):
        label = names.tell.carried(what)
    elif what.direction == "down":
        label = f"{what.status or 'answer'} to {answered_words(what)}"
    else:
        label = request_words(what)
    return label if what.did in ("delivered", "seen") else f"{label}, {what.did.replace('_', ' ')}"


def _server(what: Kind) -> str:
    upstream = getattr(what, "upstream", "")
    return f"server {upstream}" if upstream else "server"


def _commit(record: Record[Any], names: _Names) -> list[str]:
    return [f"Note over {names(names.server)}: {plain(names.tell(record).removeprefix('the server '))}"]


def _fault(record: Record[Any], names: _Names) -> list[str]:
    what: Fault = record.what
    match = what.what.get("match", {}) if isinstance(what.what, Mapping) else {}
    profile = match.get("profile") if isinstance(match, Mapping) else None
    tab = f"{profile}/{match.get('tab', 1)}" if isinstance(profile, str) else ""
    return [f"Note over {names(tab or names.server)}: {plain(names.tell(record))}"]


_LINES: dict[type[Kind], Callable[[Record[Any], _Names], list[str]]] = {
    Frame: _frame,
    Commit: _commit,
    Fault: _fault,
    **dict.fromkeys((Invoke, Ok, View, Event, TabLife, TabMessage), _note),
    Connection: _note,
}

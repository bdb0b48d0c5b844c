"""Records told in plain words, for witnesses, reports and issues: one sentence a kind, no full stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import kinds
from .kinds import Kind
from .record import Record
from .words import answered_words, frame_words, mutation_words, place_words, request_words, sibling_words

ITEMS_TOLD_MAX = 8
CHARACTERS_MAX = 160


def tell(record: Record[Kind]) -> str:
    """`alice/1 was asked to put "flat white #o7" as latte (o7)`."""
    return Teller()(record)


class Teller:
    """Tells the records of one trace. What a message carries is recorded once, when it is first seen."""

    def __init__(self, records: Iterable[Record[Kind]] = ()) -> None:
        self._carried: dict[str, str] = {}
        self._named: dict[str, str] = {}
        for record in records:
            self._learn(record.what)

    def __call__(self, record: Record[Kind]) -> str:
        what = record.what
        self._learn(what)
        if isinstance(what, kinds.Frame):
            return _frame(what, self.carried(what))
        if isinstance(what, kinds.Choice):
            return _choice(what, self._named.get(what.what, what.what))
        return _TELL[what.kind](what)

    def carried(self, what: kinds.Frame) -> str:
        """`created 2`, or its place on its connection if nobody has said."""
        return self._carried.get(what.message) or frame_words(what) or place_words(what)

    def _learn(self, what: Kind) -> None:
        if not isinstance(what, kinds.Frame) or what.did != "seen":
            return
        if told := frame_words(what):
            self._carried[what.message] = told
        self._named[what.message] = _named(what, self.carried(what))


def items_told(items: tuple[Any, ...]) -> str:
    """`nothing`, or `"espresso #o1" v1, "latte #o2" v3`."""
    if not items:
        return "nothing"
    told = ", ".join(item_told(item) for item in items[:ITEMS_TOLD_MAX])
    more = len(items) - ITEMS_TOLD_MAX
    return f"{told} and {more} more" if more > 0 else told


def item_told(item: Any) -> str:
    if not isinstance(item, Mapping):
        return _short(item)
    name = item.get("title", item.get("id"))
    version = item.get("version")
    done = " done" if item.get("done") is True else ""
    return f"{json.dumps(name, ensure_ascii=False)}{done}" + (f" v{version}" if version is not None else "")


def _short(value: Any, most: int = CHARACTERS_MAX) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else text[: most - 1] + "…"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _position(epoch: str | None, offset: int | None) -> str:
    return "" if offset is None else f" at offset {offset} of epoch {epoch}"


def _invoke(what: kinds.Invoke) -> str:
    asked = {
        "put": f"put {item_told(what.value)} as {what.key}",
        "remove": f"remove {what.key}",
        "read": f"read {what.key}".rstrip(),
        "publish": f"publish {_short(what.value)} on {what.key}",
        "call": f"call {what.key}",
        "subscribe": f"subscribe to {what.key}",
        "unsubscribe": f"unsubscribe from {what.key}",
    }.get(what.act, what.act)
    return f"{what.tab} was asked to {asked} ({what.op})"


def _ok(what: kinds.Ok) -> str:
    version = f" as version {what.version}" if what.version is not None else ""
    return f"{what.op} was acknowledged{version}"


def _event(what: kinds.Event) -> str:
    about = what.token or what.entity_id or ""
    return (
        f"{what.tab} was handed {what.name!r}"
        + (f" of {about}" if about else "")
        + f" on {what.channel}{_position(what.epoch, what.offset)}"
    )


def _view(what: kinds.View) -> str:
    pending = f", {len(what.pending)} pending" if what.pending else ""
    return f"{what.tab} showed {items_told(what.items)}{pending}"


def is_message(what: kinds.Frame) -> bool:
    """A message of a WebSocket or a piece of a stream; else a request, or the answer to one."""
    return what.stage == "chunk" or not (what.method or what.stage in ("request", "response", "connect"))


def _frame(what: kinds.Frame, carried: str) -> str:
    if is_message(what):
        return _message(what, carried)
    return _answer(what) if what.direction == "down" else _request(what)


def _named(what: kinds.Frame, carried: str) -> str:
    """A message as somebody chooses it."""
    who = what.tab or "a browser"
    if is_message(what):
        return f"{carried} {'to' if what.direction == 'down' else 'of'} {who}"
    if what.direction == "down":
        return f"the answer{f' {what.status}' if what.status else ''} to {answered_words(what)} of {who}"
    return f"{request_words(what)} of {who}"


def _request(what: kinds.Frame) -> str:
    who, server, asked = what.tab or "a browser", _server(what), request_words(what)
    told = {
        "seen": f"{who} sent {asked}",
        "delivered": f"{asked} of {who} reached {server}",
        "answer_lost": f"{server} answered {answered_words(what)} of {who}, and the answer was lost",
        "resent": f"the browser sent {asked} of {who} once more",
        "duplicated": f"{asked} of {who} was sent twice",
    }.get(what.did, f"{asked} of {who} was {_did(what)}")
    return told + _because(what.why)


def _answer(what: kinds.Frame) -> str:
    status = f" {what.status}" if what.status else ""
    to, asked = what.tab or "the browser", answered_words(what)
    # A mutation's number is its client's own: whose it is stands there unless the tab does anyway.
    whose = f" of {what.tab}" if what.mutation and what.tab else ""
    told = {
        "seen": f"{_server(what)} answered{status} to {asked}{whose}",
        "delivered": f"the answer{status} to {asked} reached {to}",
    }.get(what.did, f"the answer{status} to {asked}{whose} was {_did(what)}")
    return told + _because(what.why)


def _message(what: kinds.Frame, carried: str) -> str:
    who, server = what.tab or "a browser", _server(what)
    sender, receiver = (server, who) if what.direction == "down" else (who, server)
    told = {
        "seen": f"{sender} sent {carried}" + (f" to {who}" if what.direction == "down" else ""),
        "delivered": f"{carried} reached {receiver}" + ("" if what.direction == "down" else f" from {who}"),
        "duplicated": f"{carried} reached {receiver} twice",
        "reordered": f"{carried} to {receiver} was overtaken",
    }.get(what.did, f"{carried} to {receiver} was {_did(what)}")
    return told + _because(what.why)


def _did(what: kinds.Frame) -> str:
    return what.did.replace("_", " ")


def _server(what: kinds.Frame) -> str:
    return f"server {what.upstream}" if what.upstream else "the server"


def _connection(what: kinds.Connection) -> str:
    whose = f" of {what.tab}" if what.tab else ""
    code = f" with {what.code}" if what.code is not None else ""
    did = {
        "websocket": "became a WebSocket",
        "resumed": "was let go on",
        "closing": "is being closed",
    }.get(what.did, f"was {what.did}")
    which = f"connection {what.connection}" if what.connection else "a socket"
    return f"{which}{whose} {did}{code}{_because(what.how)}"


def _commit(what: kinds.Commit) -> str:
    item = f" {item_told(what.item)}" if what.item is not None else ""
    by = ""
    if what.mutation_id is not None:
        by = f" by {mutation_words(str(what.mutation_id))} of client {_short(str(what.client_id), 12)}"
    where = _position(what.epoch, what.offset)
    return f"the server committed {what.event!r}{item} ({what.entity_id} v{what.version}){where}{by}"


def _settled(what: kinds.Settled) -> str:
    if what.reached:
        return f"the run settled after {what.took_ms:.0f} ms"
    return f"the run did not settle within {what.bound_ms:.0f} ms{_because(what.missing)}"


def _expectation(what: kinds.Expectation) -> str:
    found = "so it was" if what.met else f"found {what.found or 'not'}"
    return f"expected: {what.expected or what.that}; {found}"


def _subscribed(what: kinds.Subscribed) -> str:
    where = f"after offset {what.offset} of epoch {what.epoch}" if what.offset is not None else "from now"
    return f"{what.tab} was told that {what.channel} goes on {where}{_because(what.reason)}"


def _fault(what: kinds.Fault) -> str:
    about = what.what.get("fault", what.what) if isinstance(what.what, Mapping) else what.what
    return f"fault {what.fault} began: {_short(about)}"


def _choice(what: kinds.Choice, named: str) -> str:
    does = what.does.replace("_", " ")
    return f"advanced by {what.by_ms:.0f} ms" if what.does == "advance" else f"chosen: {does} {named}"


def _tab_message(what: kinds.TabMessage) -> str:
    told = sibling_words(what.payload) or f"message {what.message} {what.channel}".rstrip()
    return (
        f"{what.tab} told other tabs: {told}"
        if what.did == "sent"
        else f"{what.tab} heard from a tab: {told}"
    )


_TELL: dict[str, Callable[[Any], str]] = {
    "header": lambda what: f"{what.scenario} began, seed {what.seed}, {what.mode}",
    "clock": lambda what: f"the clock of {what.of} is known to {what.error_ms:.1f} ms",
    "step": lambda what: f"step {what.step}: {_short(what.does)}",
    "tab": lambda what: f"{what.tab} was {what.did}",
    "fault": _fault,
    "receipt": lambda what: f"fault {what.fault}: {what.evidence}",
    "lifted": lambda what: f"fault {what.fault} ended",
    "heal": lambda what: "everything was healed",
    "settled": _settled,
    "expectation": _expectation,
    "stopped": lambda what: f"the run stopped at step {what.step}{_because(what.why)}",
    "note": lambda what: what.text + (f" {_short(what.about)}" if what.about else ""),
    "bypass": lambda what: f"{what.tab or 'the browser'} reached {what.host} past the wire: {what.what}",
    "invoke": _invoke,
    "ok": _ok,
    "fail": lambda what: f"{what.op} was refused{_because(what.reason)}",
    "info": lambda what: f"nobody knows whether {what.op} happened{_because(what.reason)}",
    "view": _view,
    "state": lambda what: f"{what.tab} became {what.state}{_because(what.reason)}",
    "subscribed": _subscribed,
    "event": _event,
    "tab_message": _tab_message,
    "connection": _connection,
    "commit": _commit,
    "broadcast": lambda what: (
        f"the server broadcast {what.event!r} on {what.channel}{_position(what.epoch, what.offset)}"
    ),
    "log_read": lambda what: (
        f"the bed read the log of {what.channel}, epoch {what.epoch}, after {what.after} to {what.through}"
    ),
    "snapshot": lambda what: f"the server holds {items_told(what.items)}{_position(what.epoch, what.offset)}",
}

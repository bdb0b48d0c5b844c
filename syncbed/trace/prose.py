"""Records told in plain words, for witnesses, reports and issues: one sentence a kind, no full stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from . import kinds
from .kinds import Kind
from .record import Record

ITEMS_TOLD_MAX = 8
CHARACTERS_MAX = 160


def tell(record: Record[Kind]) -> str:
    """`alice/1 asked to put "flat white #o7" as latte (o7)`."""
    return _TELL[record.what.kind](record.what)


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


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= CHARACTERS_MAX else text[: CHARACTERS_MAX - 1] + "…"


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


def _frame(what: kinds.Frame) -> str:
    did = {"answer_lost": "was answered, and the answer was lost", "resent": "was sent again by the browser"}
    status = f" ({what.status})" if what.status else ""
    return f"{what.message}{status} {did.get(what.did, f'was {what.did}')}{_because(what.why)}"


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
    by = f" by mutation {what.mutation_id} of {what.client_id}" if what.mutation_id is not None else ""
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


def _choice(what: kinds.Choice) -> str:
    does = what.does.replace("_", " ")
    return f"advanced by {what.by_ms:.0f} ms" if what.does == "advance" else f"chosen: {does} {what.what}"


_TELL: dict[str, Callable[[Any], str]] = {
    "header": lambda what: f"{what.scenario} began, seed {what.seed}, {what.mode}",
    "clock": lambda what: f"the clock of {what.of} is known to {what.error_ms:.1f} ms",
    "step": lambda what: f"step {what.step}: {_short(what.does)}",
    "choice": _choice,
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
    "tab_message": lambda what: f"{what.tab} {what.did} message {what.message} {what.channel}".rstrip(),
    "frame": _frame,
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

"""What a tab's report says, as a kind of the trace. A page's own words are checked here. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ..trace import (
    ACTS,
    Connection,
    Event,
    Fail,
    Info,
    Invoke,
    Kind,
    Note,
    Ok,
    State,
    Subscribed,
    View,
    token_in,
)

Report = Mapping[str, Any]

REPORT_CHARACTERS_MAX = 8 * 1024 * 1024
NAME_CHARACTERS_MAX = 200
OWN_ACTS = tuple(act for act in ACTS if act not in ("connect", "disconnect"))


class ReportError(ValueError):
    """A page said something that cannot be a report; the text says what."""


def read_report(report: object, lives_max: int) -> dict[str, Any]:
    """A report, given as text or JSON; what every report has is checked. Raises `ReportError`."""
    if isinstance(report, str):
        if len(report) > REPORT_CHARACTERS_MAX:
            raise ReportError(f"longer than {REPORT_CHARACTERS_MAX} characters")
        try:
            report = json.loads(report)
        except ValueError:
            raise ReportError("no JSON") from None
    if not isinstance(report, dict):
        raise ReportError("no JSON object")
    _text(report, "kind")
    if not 0 < _number(report, "life", int) <= lives_max:
        raise ReportError(f"life {report['life']!r} is none of its documents")
    if _number(report, "n", int) < 1:
        raise ReportError("n counts from 1")
    _number(report, "at_ms")
    if "op" in report:
        _text(report, "op")
    return report


def kind_of(tab: str, report: Report, collection: str = "") -> Kind:
    """The record of a report; one that nobody knows is kept as a note, never lost.

    `collection` is what the tab shows. Raises `ReportError`.
    """
    read = READ.get(report["kind"])
    if read is None:
        return Note(f"{tab} reported {report['kind']}", dict(report))
    return read(tab, report, collection)


def _view(tab: str, report: Report, collection: str) -> Kind:
    items, pending = _list(report, "items"), _list(report, "pending")
    return View(tab, tuple(items), tuple(map(str, pending)))


def _state(tab: str, report: Report, collection: str) -> Kind:
    return State(tab, _text(report, "state"), _text(report, "reason", ""))


def _subscribed(tab: str, report: Report, collection: str) -> Kind:
    epoch, offset = _text_or_none(report, "epoch"), _number_or_none(report, "offset")
    return Subscribed(tab, _text(report, "channel"), epoch, offset, _text(report, "reason", ""))


def _socket(tab: str, report: Report, collection: str) -> Kind:
    """A WebSocket of the page ended, or never opened."""
    opened = report.get("opened")
    if not isinstance(opened, bool):
        raise ReportError("opened is not true or false")
    path, code = _text(report, "path"), _number(report, "code", int)
    return Connection("closed" if opened else "refused", tab=tab, path=path, code=code)


def _network(tab: str, report: Report, collection: str) -> Kind:
    """The browser's own word about its network, right or wrong."""
    says = _text(report, "says")
    return Note(f"the browser tells {tab} that it is {says}", {"tab": tab, "says": says})


def _event(tab: str, report: Report, collection: str) -> Kind:
    payload = report.get("payload")
    about = payload if isinstance(payload, Mapping) else {}
    return Event(
        tab,
        _text(report, "channel"),
        _text(report, "name"),
        epoch=_text_or_none(report, "epoch"),
        offset=_number_or_none(report, "offset"),
        token=token_in(about.get("item", about)),
        entity_id=_text_or_none(about, "entity_id"),
        version=_number_or_none(about, "version"),
        client_id=_text_or_none(about, "client_id"),
        mutation_id=_number_or_none(about, "mutation_id"),
    )


def _acted(tab: str, report: Report, collection: str) -> Kind:
    """What the page's own user did: an op like any other, and `ok`, `fail` or `info` end it by its id."""
    act = _text(report, "act")
    if act not in OWN_ACTS:
        raise ReportError(f"{act!r} is no act (allowed: {', '.join(OWN_ACTS)})")
    writes = act in ("put", "remove")
    value = report.get("value")
    return Invoke(
        _text(report, "op"),
        tab,
        cast(Any, act),
        _text(report, "key", ""),
        value,
        token_in(value),
        collection if writes else "",
    )


def _ok(tab: str, report: Report, collection: str) -> Kind:
    result = report.get("result")
    if isinstance(result, Mapping) and "version" in result:
        return Ok(
            _text(report, "op"),
            version=_number_or_none(result, "version"),
            client_id=_text_or_none(result, "client_id"),
            mutation_id=_number_or_none(result, "mutation_id"),
        )
    return Ok(_text(report, "op"), value=result)


READ: dict[str, Callable[[str, Report, str], Kind]] = {
    "view": _view,
    "state": _state,
    "subscribed": _subscribed,
    "event": _event,
    "socket": _socket,
    "network": _network,
    "acted": _acted,
    "ok": _ok,
    "fail": lambda tab, report, collection: Fail(_text(report, "op"), _text(report, "reason", "")),
    "info": lambda tab, report, collection: Info(_text(report, "op"), _text(report, "reason", "")),
}

POST_KEYS = ("channel", "digest", "payload")


def check_post(report: Report) -> None:
    """A message between tabs, as it was posted or heard. Raises `ReportError`."""
    for key in POST_KEYS:
        _text(report, key, characters_max=REPORT_CHARACTERS_MAX)
    _number(report, "object", int)
    _number(report, "since_ms")
    if not isinstance(report.get("cut"), bool):
        raise ReportError("cut is not true or false")


# Checks


def _text(
    report: Report, key: str, default: str | None = None, characters_max: int = NAME_CHARACTERS_MAX
) -> str:
    value = report.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ReportError(f"{key} is no text")
    return value[:characters_max]


def _text_or_none(report: Report, key: str) -> str | None:
    """An id of the SDK's own: whatever it is, as text."""
    value = report.get(key)
    return None if value is None else str(value)[:NAME_CHARACTERS_MAX]


def _number(report: Report, key: str, kind: type = float) -> Any:
    value = report.get(key)
    if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
        raise ReportError(f"{key} is no number")
    return value


def _number_or_none(report: Report, key: str) -> int | None:
    """What is no whole number is no version and no mutation id that we know."""
    value = report.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _list(report: Report, key: str) -> Sequence[Any]:
    value = report.get(key)
    if not isinstance(value, list):
        raise ReportError(f"{key} is no list")
    return value

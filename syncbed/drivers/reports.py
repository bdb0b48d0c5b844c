"""What a tab's report says, as a kind of the trace. An adapter's own words are checked here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..trace import Event, Fail, Info, Kind, Note, Ok, State, Subscribed, View, token_in

Report = Mapping[str, Any]


def kind_of(tab: str, report: Report) -> Kind:
    """The record of a report; one that nobody knows is kept as a note, never lost."""
    read = READ.get(report["kind"])
    return read(tab, report) if read is not None else Note(f"{tab} reported {report['kind']}", dict(report))


def _ok(tab: str, report: Report) -> Kind:
    result = report["result"]
    if isinstance(result, Mapping) and "version" in result:
        return Ok(
            report["op"],
            version=result["version"],
            client_id=result.get("client_id"),
            mutation_id=result.get("mutation_id"),
        )
    return Ok(report["op"], value=result)


def _event(tab: str, report: Report) -> Kind:
    payload = report.get("payload")
    about = payload if isinstance(payload, Mapping) else {}
    return Event(
        tab,
        report["channel"],
        report["name"],
        epoch=report.get("epoch"),
        offset=report.get("offset"),
        token=token_in(about.get("item", about)),
        entity_id=about.get("entity_id"),
        version=about.get("version"),
        client_id=about.get("client_id"),
        mutation_id=about.get("mutation_id"),
    )


READ: dict[str, Callable[[str, Report], Kind]] = {
    "view": lambda tab, report: View(tab, tuple(report["items"]), tuple(report["pending"])),
    "state": lambda tab, report: State(tab, report["state"], report.get("reason", "")),
    "subscribed": lambda tab, report: Subscribed(
        tab, report["channel"], report.get("epoch"), report.get("offset"), report.get("reason", "")
    ),
    "event": _event,
    "ok": _ok,
    "fail": lambda tab, report: Fail(report["op"], report["reason"]),
    "info": lambda tab, report: Info(report["op"], report["reason"]),
}

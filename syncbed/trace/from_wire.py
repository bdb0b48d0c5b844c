"""The wire's records as kinds of the trace, read from their JSON.

The wire names what happened to a message; here that becomes what a frame *did*. That a rule was added,
or acted, is no receipt of it: `effects.py` looks for what came of it. An event that no judge needs is
kept as a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from .kinds import Connection, Fault, Frame, Kind, Lifted, Note

FRAME_DID: dict[str, str] = {
    "frame_seen": "seen",
    "frame_held": "held",
    "frame_delayed": "delayed",
    "frame_delivered": "delivered",
    "frame_abandoned": "abandoned",
    "frame_lost": "lost",
    "frame_dropped": "dropped",
    "frame_duplicated": "duplicated",
    "frame_reordered": "reordered",
    "answer_lost": "answer_lost",
    "browser_resend": "resent",
    "upstream_failed": "failed",
}
CONNECTION_DID: dict[str, str] = {
    "connection_opened": "opened",
    "websocket_opened": "websocket",
    "connection_refused": "refused",
    "close_seen": "closing",
    "connection_closed": "closed",
    "silenced": "silenced",
    "stalled": "stalled",
    "lifted": "resumed",
}
# Told, and nothing else: no judge needs them.
NOTED = (
    "listener_opened",
    "listener_closed",
    "rule_acted",
    "extensions_stripped",
    "document_changed",
    "document_limited",
    "service_worker_refused",
    "substituted",
    "protocol_error",
    "limit_reached",
    "mode_changed",
    "reset",
)
RULES = ("rule_added", "rule_removed")

_FRAME_FIELDS = frozenset(get_type_hints(Frame)) - {"kind", "message", "did", "tab", "layer", "connection"}


class WireRecords:
    """Reads a wire's records in their order: a connection that closes is told by whose it was."""

    def __init__(self) -> None:
        self._tabs: dict[str, tuple[str, str]] = {}  # connection -> (tab, path)

    def read(self, raw: Mapping[str, Any]) -> tuple[Kind, ...]:
        event = raw["event"]
        if event in FRAME_DID:
            return (self._frame(event, raw),)
        if event in CONNECTION_DID:
            return (self._connection(event, raw),)
        if event in RULES:
            rule = raw.get("rule", "")
            return (Fault(rule, raw.get("json")) if event == "rule_added" else Lifted(rule),)
        about = {key: value for key, value in raw.items() if key not in ("seq", "at_ms", "event")}
        return (Note(event, about or None),)

    def _frame(self, event: str, raw: Mapping[str, Any]) -> Frame:
        connection, tab = raw.get("connection_id", ""), _tab(raw)
        if connection:
            self._tabs[connection] = (tab, raw.get("path", ""))
        given = {key: raw[key] for key in _FRAME_FIELDS & raw.keys()}
        if event == "answer_lost":
            given["why"] = raw.get("how", "")
        elif event == "browser_resend":
            given["why"] = f"connection {raw.get('first', '')} had died"
        elif event == "upstream_failed":
            given["why"] = raw.get("reason", "")
        elif event == "frame_delayed":
            given["why"] = f"by {raw.get('after_ms', 0)} ms"
        return Frame(
            message=raw.get("name", ""),
            did=FRAME_DID[event],  # type: ignore[arg-type]
            tab=tab,
            layer=raw.get("kind", ""),
            connection=connection,
            **given,
        )

    def _connection(self, event: str, raw: Mapping[str, Any]) -> Connection:
        connection = raw.get("connection_id", "")
        known_tab, known_path = self._tabs.get(connection, (_tab(raw), ""))
        tab = _tab(raw) if raw.get("tab") else known_tab
        told = Connection(
            did=CONNECTION_DID[event],  # type: ignore[arg-type]
            connection=connection,
            tab=tab,
            path=raw.get("path", known_path),
            how=str(raw.get("how") or raw.get("reason") or raw.get("side") or ""),
            code=raw.get("code"),
            rule=raw.get("rule", ""),
        )
        if event == "connection_closed":
            self._tabs.pop(connection, None)
        elif connection:
            self._tabs[connection] = (tab, told.path)
        return told


def _tab(raw: Mapping[str, Any]) -> str:
    profile = raw.get("profile", "")
    return f"{profile}/{raw.get('tab') or 'unknown'}" if profile else ""


assert set(get_args(get_type_hints(Frame)["did"])) == set(FRAME_DID.values())

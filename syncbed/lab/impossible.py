"""What TCP never does to one message of a living connection: dropped, doubled, swapped with the next. Pure.

It is a rule for that one frame, put in force just before the frame is delivered, and taken away after: so it
stands in a recording as what it is, with the flag that says that it is impossible.
"""

from __future__ import annotations

from typing import Any

from ..wire.message import Message
from .errors import LabError


def steps(does: str, message: Message, rule_id: str) -> list[dict[str, Any]]:
    """The steps that do it. Raises `LabError` for a message that is no frame of a WebSocket."""
    if message.stage != "frame":
        raise LabError(
            "refused", f"{does}: only a message of a WebSocket can be; a request has one answer or loses it"
        )
    match = {
        "profile": message.profile,
        "tab": message.tab,
        "kind": "ws",
        "direction": message.direction,
        "path": message.path,
        "connection": message.connection,
        "frame": message.frame,
    }
    rule = {"id": rule_id, "match": match, "limit": 1, "fault": {"kind": does, "tcp_impossible": True}}
    found: list[dict[str, Any]] = [
        {"do": "add_rule", "rule": rule},
        {"do": "deliver", "message": message.name, "within_ms": 0},
    ]
    # A frame that is to be swapped waits for its partner as long as its rule does.
    return found if does == "reorder" else [*found, {"do": "remove_rule", "id": rule_id}]

"""Agents of the gateway, as an application would write them."""

from __future__ import annotations

from typing import Any

from server.service.handlers import Client, on_message


@on_message("guide")
def guide(client: Client, frame: Any) -> None:
    payload = frame.get("payload") or {}
    answer = {"message": f"You said: {payload.get('message', '')}"}
    client.send("guide", answer | {"conversation_id": payload.get("conversation_id"), "data": {"step": 1}})

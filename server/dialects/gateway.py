"""The `gateway` dialect (seed 002): a client talks to agents, each on a channel, and hears who else does.

What it sends to a channel goes to everybody else there, and to the agent that the application has for it
(`service/handlers.py`). Sending to a channel is how one subscribes to it; `guide` is where everybody begins.
"""

from __future__ import annotations

from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import AGENT_MESSAGE, DIRECT, FAN_OUT, Event, carries_signals, connection_channel
from ..core.json_text import dumps
from ..core.messages import (
    Answer,
    Beat,
    Carry,
    Command,
    ErrorReply,
    Heartbeat,
    Outgoing,
    Ping,
    Pong,
    Welcome,
)
from ..errors import INVALID_CHANNEL, INVALID_FRAME, INVALID_JSON, OVERLOADED, SHUTTING_DOWN, SyncbedError
from .base import DialectOptions, check_channel, json_kind, parse_object

GUIDE = "guide"
PILLAR = "pillar:"
PILLARS = ("content", "insights", "operations", "business_outcomes")
CHANNELS = (GUIDE, *(PILLAR + name for name in PILLARS))
"""Those that the seed names; any other is as good."""

WELCOME = "Connected to WebSocket Gateway. Ready to receive messages."
REJECTED = "Message rejected: system overloaded"
FAILED = "Message processing failed"
ERROR_TEXTS = {
    INVALID_JSON.name: "Invalid message format",
    INVALID_FRAME.name: "Invalid message format",
    OVERLOADED.name: REJECTED,
    SHUTTING_DOWN.name: "Server is shutting down",
}
"""By the name of the error; any other is `FAILED`."""

MESSAGE_FORMAT = {
    "channel": f"string ({' | '.join(CHANNELS)})",
    "intent": "string (chat | query | command)",
    "payload": {
        "message": "string",
        "conversation_id": "string (optional)",
        "metadata": "object (optional)",
    },
}
"""What a client may send, for its author to read."""

PONGS = ({"type": "pong"}, {"type": "heartbeat", "action": "pong"})
"""Both shapes of the answer to a ping; whatever else the frame holds."""
READY_MADE = {FAN_OUT, AGENT_MESSAGE}
"""Events whose payload is the frame: made once, where they were published."""


class GatewayEncoder:
    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event():
                return self._event(message)
            case Welcome():
                return self._frame("system", message=WELCOME, connection_id=message.connection_id)
            case Answer():
                return self._reply(message)
            case Beat():
                return self._frame("ping")
            case Pong():
                return self._frame("pong")
            case ErrorReply():
                return self._frame("error", message=ERROR_TEXTS.get(message.kind.name, FAILED))
            case _:
                return None

    def _event(self, event: Event) -> str | None:
        if event.name in READY_MADE or (event.name == DIRECT and carries_signals(event.channel)):
            return event.payload
        # A commit, or what another dialect sent: its name stands for who it is from.
        stamp = dumps(self._options.now_iso())
        return f'{{"source":{dumps(event.name)},"message":{event.payload},"timestamp":{stamp}}}'

    def _reply(self, answer: Answer) -> str:
        """`type` is the channel whose agent answers, `data` what it says: a text, or these members."""
        said = answer.data if isinstance(answer.data, dict) else {"message": answer.data}
        pillar = answer.type.removeprefix(PILLAR) if answer.type.startswith(PILLAR) else None
        return self._frame(
            "response",
            message=said.get("message", ""),
            agent_type="guide" if answer.type == GUIDE else "liaison",
            pillar=pillar,
            conversation_id=said.get("conversation_id"),
            data=said.get("data", {}),
        )

    def _frame(self, type_: str, **members: Any) -> str:
        return dumps({"type": type_, **members, "timestamp": self._options.now_iso()})


class GatewayDialect:
    name = "gateway"
    needs_user = False
    registers = True
    says_goodbye = True

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self.encoder: Encoder = GatewayEncoder(options)

    def home(self, connection: Connection) -> str | None:
        return connection_channel(connection.id)

    def greet(self, connection: Connection) -> None:
        connection.send(Welcome(connection.id))

    def decode(self, text: str, connection: Connection) -> list[Command]:
        frame = parse_object(text)
        if any(pong.items() <= _plain(frame).items() for pong in PONGS):
            return [Heartbeat()]
        if frame.get("type") == "ping":
            return [Ping()]
        return [Carry(check_channel(channel_of(frame), self._options), frame)]


def channel_of(frame: dict[str, Any]) -> str:
    """Where a message goes: to its channel; in the old format, to its agent."""
    channel = _text(frame, "channel")
    if channel:
        return channel
    pillar = _text(frame, "pillar")
    if pillar and _text(frame, "agent_type") != GUIDE:
        return PILLAR + pillar
    return GUIDE


def _text(frame: dict[str, Any], key: str) -> str:
    """What is missing or null is empty."""
    value = frame.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SyncbedError(INVALID_CHANNEL, f'"{key}" must be a text, not {json_kind(value)}')
    return value


def _plain(frame: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in frame.items() if isinstance(value, str)}

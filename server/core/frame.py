"""A WebSocket text message, encoded once and sent to any number of connections (RFC 6455, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack

_FIN_TEXT = 0x81


@dataclass(frozen=True, slots=True)
class Frame:
    """`wire` is the whole unmasked frame; `text` is for servers that frame by themselves."""

    text: str
    wire: bytes


def text_frame(text: str) -> Frame:
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = pack("!BB", _FIN_TEXT, size)
    elif size < 1 << 16:
        head = pack("!BBH", _FIN_TEXT, 126, size)
    else:
        head = pack("!BBQ", _FIN_TEXT, 127, size)
    return Frame(text, head + payload)

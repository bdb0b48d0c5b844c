"""What never reaches a trace: secrets, and more of a payload than anyone reads.

A secret is known by the name it goes by (a key, a header, a query parameter, a cookie) or by its
shape (a Bearer credential, a JWT). Bytes that are no text cannot be looked into; of those, as of
any payload, only the beginning is kept.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .kinds import Frame, Kind, TabMessage
from .record import FIELDS

PAYLOAD_CHARACTERS_MAX = 4096
REDACTED = "[redacted]"

_NAME = (
    r"(?:proxy-)?authorization|(?:set-)?cookie|sec-websocket-protocol|x-csrf-token"
    r"|[a-z0-9_-]*(?:token|api_?key|password|secret)|jwt|ticket"
)
SECRET_NAME = re.compile(rf"(?i){_NAME}")
_IN_TEXT = (
    # In JSON text, perhaps escaped once more because it stands in a string: "token": "..."
    (re.compile(rf'(?i)(\\?"(?:{_NAME})\\?"\s*:\s*\\?")(?:[^"\\]|\\[^"])*'), rf"\1{REDACTED}"),
    (re.compile(rf"(?i)((?:^|[?&;\s])(?:{_NAME})=)[^&#;\s\"]+"), rf"\1{REDACTED}"),
    (re.compile(r"\b([Bb]earer\s+)[A-Za-z0-9._~+/=-]{16,}"), rf"\1{REDACTED}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), REDACTED),
    (re.compile(r"(?im)^((?:proxy-)?authorization):.*$"), rf"\1: {REDACTED}"),
)
# Our own names, which may look like a secret's and are none.
OURS = frozenset(("token", "tab", "kind"))


def redact(value: Any) -> Any:
    """The same JSON without its secrets. Redacting twice changes nothing."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {key: REDACTED if _secret(key, each) else redact(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        if len(value) == 2 and isinstance(value[0], str) and _secret(*value):  # a header
            return [value[0], REDACTED]
        return [redact(each) for each in value]
    return value


def clean(what: Kind, payload_characters_max: int = PAYLOAD_CHARACTERS_MAX) -> Kind:
    """`what` as it may be written down."""
    changed: dict[str, Any] = {}
    for field in FIELDS[type(what)]:
        value = getattr(what, field.name)
        if field.name in OURS or value is None or isinstance(value, bool | int | float):
            continue
        # The payload is redacted whole before it is cut: half a secret is one too.
        cleaned = redact(value)
        if isinstance(value, tuple):
            cleaned = tuple(cleaned)
        # What is kept is a copy: the giver may go on changing its own.
        if cleaned != value or not isinstance(value, str):
            changed[field.name] = cleaned
    if isinstance(what, Frame | TabMessage):
        for name in ("payload", "payload_base64"):
            text = changed.get(name, getattr(what, name, None))
            if text is not None and len(text) > payload_characters_max:
                changed[name] = text[:payload_characters_max]
                changed["payload_cut"] = True
    return dataclasses.replace(what, **changed) if changed else what


def _secret(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, str) and SECRET_NAME.fullmatch(name) is not None


def _text(text: str) -> str:
    if len(text) < 8:
        return text
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text

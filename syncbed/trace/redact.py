"""What never reaches a trace: secrets (`redaction.py` says what is one), and more of a payload than
anyone reads.

Bytes that are no text cannot be looked into; of those, as of any payload, only the beginning is kept.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..redaction import redact
from .kinds import Frame, Kind, TabMessage
from .record import FIELDS

PAYLOAD_CHARACTERS_MAX = 4096
# Our own names, which may look like a secret's and are none.
OURS = frozenset(("token", "tab", "kind"))


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

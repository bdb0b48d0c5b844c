"""What a dialect's tables hold. The code takes and makes frames by looking them up here, and docs/protocol.md
is written from the same rows (`python -m scripts.protocol_docs`).

A dialect's module has `TYPES`, what a client may send; `FRAMES`, what the server sends; and `ERRORS`, by the
name of the error, if it has words of its own for them. A row begins with an example, which is a whole frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..core.json_text import dumps

Parse = TypeVar("Parse", bound=Callable[..., Any])
Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Takes(Generic[Parse]):
    """A frame that a client may send, and what the dialect makes of it."""

    example: Frame
    about: str
    parse: Parse


@dataclass(frozen=True, slots=True)
class Sends:
    """A frame that the server sends: the values of the example are examples, its members all there are."""

    example: Frame
    about: str = ""

    def text(self, **members: Any) -> str:
        """The frame with these members. LookupError for one that the row does not know."""
        if stray := members.keys() - self.example.keys():
            raise LookupError(f"{self.example} has no {min(stray)}")
        type_ = {"type": self.example["type"]} if "type" in self.example else {}
        return dumps(type_ | members)


@dataclass(frozen=True, slots=True)
class Says:
    """What a dialect says of an error: its word for it, and when that comes about."""

    word: str
    when: str

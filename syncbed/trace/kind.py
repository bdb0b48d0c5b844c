"""What every kind of record has in common.

A kind is a frozen dataclass whose fields are its JSON; a field that equals its default is left out
of the file. The word `tab` is always `profile/number` (`alice/1`); a `token` is what tells one write
of a run from every other (`tokens.py`); times are ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

Foreign = Any
"""Any JSON that came from outside: payloads, items, rules."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that happened."""

    kind: ClassVar[str]

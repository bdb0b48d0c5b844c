"""Names that both the driver and the judge must spell alike.

A *token* makes a write unique in its run. It stands at the end of the item's `title` (for a
broadcast: of the payload's `title`) as ` #token`: `flat white #o7`. Whoever shows, commits or
broadcasts the item carries it along without knowing. A delete leaves no title, so a `remove` is
found in the log by its item and version, or by its client and mutation id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FIELD = "title"
TOKEN = re.compile(r" #([a-z0-9][a-z0-9-]{0,39})$")


def mark(text: str, token: str) -> str:
    """The title that carries `token`."""
    return f"{text} #{token}"


def token_in(content: object) -> str:
    """The token that an item or a payload carries in its title, or ""."""
    title = content.get(FIELD) if isinstance(content, Mapping) else None
    found = TOKEN.search(title) if isinstance(title, str) else None
    return found[1] if found else ""


def document_of(tab: str, life: int = 1) -> str:
    """The source that speaks for a tab: its first document, or the nth after n - 1 reloads."""
    return f"tab {tab}" if life == 1 else f"tab {tab}#{life}"


def profile_of(tab: str) -> str:
    return tab.partition("/")[0]

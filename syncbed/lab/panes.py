"""The driver `panes` as the lab uses it: what its documents are told of the lab, and which come from before.

A window may outlive the world it belonged to. When it dials in again its document is another world's: it is
asked to load anew, and comes back as a tab of this one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ..drivers.driver import Equipment
from ..drivers.errors import DriverError
from ..drivers.pane import Hello, Link, Pane, PaneHost
from ..drivers.panes import PanesDriver

DOCUMENTS_MAX = 10_000


class Past:
    """What stays from one world to the next: the key of the tabs' tokens, the documents that there were."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._documents: dict[str, None] = {}

    def remember(self, documents: Sequence[str]) -> None:
        self._documents.update(dict.fromkeys(documents))
        while len(self._documents) > DOCUMENTS_MAX:
            del self._documents[next(iter(self._documents))]

    def knows(self, document: str) -> bool:
        return document in self._documents


class LabPanes(PanesDriver):
    def __init__(
        self,
        host: PaneHost,
        link: str,
        labs: Sequence[str],
        equipment: Equipment,
        *,
        past: Past,
        offer: Mapping[str, Any],
    ) -> None:
        super().__init__(host, link, labs, equipment)
        self._secret = past.secret
        self._past = past
        self._offer = offer
        self._documents: list[str] = []

    def script(self, profile: str, number: str) -> str:
        return offered(super().script(profile, number), self._offer)

    async def arrived(self, hello: Hello, link: Link) -> Pane | None:
        if self._past.knows(hello.document):
            with suppress(DriverError):
                await link.send({"id": 0, "ask": "reload", "about": None})
            return None
        self._documents.append(hello.document)
        return await super().arrived(hello, link)

    async def close(self) -> None:
        self._past.remember(self._documents)
        await super().close()


def offered(script: str, offer: Mapping[str, Any]) -> str:
    """The script of a document, with what it is told of the lab: in documents of this machine alone."""
    if not offer or not script:
        return script
    return f"""{script}
if (/^(localhost|127\\.0\\.0\\.1|.+\\.localhost)$/.test(location.hostname) && globalThis.__syncbed) {{
  globalThis.__syncbed.lab = {json.dumps(dict(offer))};
}}
"""

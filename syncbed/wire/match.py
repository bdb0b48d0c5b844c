"""Which messages a rule means. Keys on what a message is, never on when it came. Pure."""

import fnmatch
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from . import fields
from .message import UNREAD, Message, look_up

STAGES = ("connect", "handshake", "request", "response", "chunk", "frame")
CONNECTION_KEYS = frozenset(("profile", "tab", "kind", "upstream", "path", "connection"))
LEADER = "leader"  # as a tab: whichever tab leads the profile
SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Match:
    """Every key given must hold; a key left out holds always.

    `path` is a glob over the path without its query (`*` also crosses `/`). `json` maps JSON
    pointers into the payload to the values they must equal, `headers` header names to values.
    """

    profile: str | None = fields.label(None)
    tab: str | None = fields.label(None)
    direction: str | None = fields.one_of("up", "down", default=None)
    kind: str | None = fields.one_of("http", "ws", default=None)
    stage: str | None = fields.one_of(*STAGES, default=None)
    upstream: str | None = fields.label(None)
    method: str | None = fields.label(None)
    path: str | None = fields.text(2000, None)
    connection: int | None = fields.integer(1, 1_000_000, None)
    frame: int | None = fields.integer(1, 1_000_000_000, None)
    status: int | None = fields.integer(100, 599, None)
    mutation: str | None = fields.label(None)
    contains: str | None = fields.text(10_000, None)
    json: dict[str, object] = fields.table("JSON pointers to values", SCALARS, {})  # noqa: RUF009
    headers: dict[str, str] = fields.table("header names to values", (str,), {})  # noqa: RUF009

    @cached_property
    def reads_payload(self) -> bool:
        """Whether the payload must be there before this match can be judged."""
        return self.contains is not None or bool(self.json) or self.mutation is not None

    @cached_property
    def only_profile(self) -> bool:
        """Whether it can be judged when a connection is accepted, before anything was read."""
        return not (set(fields.write(self)) - {"profile", "stage"})

    @cached_property
    def whose(self) -> "Match":
        """What of it can be asked of a living connection: everything but what travels on it."""
        return Match(
            self.profile, self.tab, None, self.kind, None, self.upstream, None, self.path, self.connection
        )

    def fits(self, message: Message, leader: str = "1") -> bool:
        """Whether a message is meant; `leader` is the tab that leads the message's profile."""
        return self.fits_head(message, leader) and (not self.reads_payload or self.fits_payload(message))

    def fits_head(self, message: Message, leader: str = "1") -> bool:
        return (
            (self.profile is None or self.profile == message.profile)
            and (self.tab is None or message.tab == (leader if self.tab == LEADER else self.tab))
            and (self.direction is None or self.direction == message.direction)
            and (self.kind is None or self.kind == message.kind)
            and (self.stage is None or self.stage == message.stage)
            and (self.upstream is None or self.upstream == message.upstream)
            and (self.method is None or self.method == message.method)
            and (self.connection is None or self.connection == message.connection)
            and (self.frame is None or self.frame == message.frame)
            and (self.status is None or self.status == message.status)
            and (self.path is None or glob(self.path).match(message.path) is not None)
            and all(message.header(name) == value for name, value in self.headers.items())
        )

    def fits_payload(self, message: Message) -> bool:
        if self.mutation is not None and self.mutation != message.mutation:
            return False
        if self.contains is not None and not _contains(message, self.contains):
            return False
        if not self.json:
            return True
        document = message.document()
        return document is not UNREAD and all(
            _equal(look_up(document, pointer), value) for pointer, value in self.json.items()
        )


@lru_cache(maxsize=512)
def glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


def _contains(message: Message, wanted: str) -> bool:
    payload = message.payload
    if isinstance(payload, str):
        return wanted in payload
    return payload is not None and wanted.encode() in payload


def _equal(found: object, wanted: object) -> bool:
    # In Python True == 1; in JSON they differ.
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)

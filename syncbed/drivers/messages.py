"""Messages between the tabs of one profile: which post is which that was heard.

A post on a BroadcastChannel carries no id, and none is put into it. Posts and hearings are told by each
document for itself, in any order; they are matched by channel and digest, in the order of each, and
whoever is told of a message first names it. A channel's object hears nothing from before it was made,
and nothing of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..trace import TabMessage

KEPT_MAX = 500
"""Of each channel and digest; an older one finds no counterpart any more."""
CLOCKS_MS = 50.0
"""How far two documents' clocks may be apart, at the worst."""

Object = tuple[str, int, int]  # tab, document, object


@dataclass(slots=True)
class Post:
    name: str
    at_ms: float  # the bed's
    sender: Object | None = None
    hearers: set[Object] = field(default_factory=set)


class TabMessages:
    """Of one profile."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._posts: dict[tuple[str, str], list[Post]] = defaultdict(list)
        self._named = 0

    def take(self, tab: str, report: Mapping[str, Any], offset_ms: float) -> TabMessage:
        """The record of a report (`posted` or `heard`); the bed's time is the page's plus `offset_ms`."""
        who = (tab, report["life"], report["object"])
        posts = self._posts[report["channel"], report["digest"]]
        at_ms = report["at_ms"] + offset_ms
        if report["kind"] == "posted":
            found = next((post for post in posts if self._may_have_sent(post, who)), None)
            post = found or self._new(posts, at_ms)
            post.sender = who
        else:
            since_ms = report["since_ms"] + offset_ms - CLOCKS_MS
            found = next((post for post in posts if self._may_hear(post, who, since_ms)), None)
            post = found or self._new(posts, at_ms)
            post.hearers.add(who)
        return TabMessage(
            tab,
            "sent" if report["kind"] == "posted" else "received",
            post.name,
            report["channel"],
            report["payload"],
            report["cut"],
        )

    @staticmethod
    def _may_have_sent(post: Post, who: Object) -> bool:
        return post.sender is None and who not in post.hearers

    @staticmethod
    def _may_hear(post: Post, who: Object, since_ms: float) -> bool:
        return post.sender != who and who not in post.hearers and post.at_ms >= since_ms

    def _new(self, posts: list[Post], at_ms: float) -> Post:
        self._named += 1
        post = Post(f"{self._profile} #{self._named}", at_ms)
        posts.append(post)
        del posts[:-KEPT_MAX]
        return post

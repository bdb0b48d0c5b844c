"""Who has heard all that was posted between the tabs of a profile."""

import json

from syncbed.held.posts import Posts
from syncbed.held.tabs import PageCounts, Posting, page_counts

NOTHING = {
    "held": True, "opening": 0, "open": 0, "closing": 0, "sent": 0, "received": 0, "asked": 0, "reading": 0,
    "storing": 0, "locking": 0, "uncounted": [], "timers": [],
}  # fmt: skip


def page(*channels: Posting, document: int = 1, gone: dict[str, int] | None = None) -> PageCounts:
    raw = [
        {"id": each.id, "name": each.name, "sent": each.sent, "received": each.received} for each in channels
    ]
    counts = {**NOTHING, "document": document, "channels": raw, "gone_sent": gone or {}}
    return page_counts("x", json.dumps(counts))


def two_tabs() -> Posts:
    posts = Posts()
    posts.told("a/1", page(Posting(1, "news", sent=3, received=0)))
    posts.told("a/2", page(Posting(1, "news", sent=0, received=1)))  # it came after two of the three
    posts.settle()
    return posts


def test_what_was_posted_is_owed_until_it_is_heard() -> None:
    posts = two_tabs()
    posts.told("a/1", page(Posting(1, "news", sent=5, received=0)))
    assert (posts.owed("a/1"), posts.owed("a/2")) == (0, 2)
    posts.told("a/2", page(Posting(1, "news", sent=0, received=3)))
    assert posts.owed("a/2") == 0


def test_another_name_is_another_channel() -> None:
    posts = two_tabs()
    posts.told("a/1", page(Posting(1, "news", 3, 0), Posting(2, "other", 4, 0)))
    assert posts.owed("a/2") == 0


def test_two_objects_of_one_page_hear_each_other() -> None:
    posts = Posts()
    posts.told("a/1", page(Posting(1, "news", 0, 0), Posting(2, "news", 0, 0)))
    posts.settle()
    posts.told("a/1", page(Posting(1, "news", 1, 0), Posting(2, "news", 0, 0)))
    assert posts.owed("a/1") == 1


def test_what_a_closed_object_posted_still_arrives() -> None:
    posts = two_tabs()
    posts.told("a/1", page(gone={"news": 4}))
    assert posts.owed("a/2") == 1


def test_whoever_comes_or_goes_unsettles_the_profile() -> None:
    for changed in (page(), page(Posting(1, "news", 3, 0), Posting(2, "more", 0, 0)), page(document=2)):
        posts = two_tabs()
        assert posts.settled
        posts.told("a/1", changed)
        assert not posts.settled
    posts = two_tabs()
    posts.forget("a/1")
    assert not posts.settled

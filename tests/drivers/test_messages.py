"""Which post is which that was heard, from what each document tells for itself."""

from __future__ import annotations

from typing import Any

from syncbed.drivers.messages import TabMessages
from syncbed.trace import TabMessage

ALIKE = "same words"


def post(kind: str, at_ms: float, words: str = ALIKE, **more: Any) -> dict[str, Any]:
    said = {"kind": kind, "life": 1, "object": 1, "channel": "news", "at_ms": at_ms, "since_ms": 0.0}
    return {**said, "digest": words, "payload": words, "cut": False, **more}


class Profile:
    def __init__(self) -> None:
        self._messages = TabMessages("alice")

    def take(self, tab: str, report: dict[str, Any], offset_ms: float = 0.0) -> TabMessage:
        return self._messages.take(f"alice/{tab}", report, offset_ms)

    def sent(self, tab: str, at_ms: float, **more: Any) -> str:
        return self.take(tab, post("posted", at_ms, **more)).message

    def heard(self, tab: str, at_ms: float, **more: Any) -> str:
        return self.take(tab, post("heard", at_ms, **more)).message


def test_a_post_has_one_name_for_its_sender_and_all_who_hear_it() -> None:
    alice = Profile()
    name = alice.sent("1", 100)
    assert alice.heard("2", 101) == alice.heard("3", 102) == name
    assert alice.take("1", post("posted", 100)) == TabMessage(
        "alice/1", "sent", "alice #2", "news", ALIKE, False
    )


def test_whoever_is_told_of_first_names_it() -> None:
    alice = Profile()
    name = alice.heard("2", 101)
    assert alice.sent("1", 100) == name
    assert alice.heard("3", 102) == name


def test_posts_that_are_alike_are_told_apart_by_their_order() -> None:
    alice = Profile()
    first, second = alice.sent("1", 100), alice.sent("1", 200)
    assert first != second
    assert [alice.heard("2", 101), alice.heard("2", 201)] == [first, second]


def test_other_words_and_other_channels_are_other_messages() -> None:
    alice = Profile()
    name = alice.sent("1", 100)
    assert alice.heard("2", 101, words="others") != name
    assert alice.heard("2", 101, channel="olds") != name


def test_nobody_hears_himself_but_another_object_of_the_same_document_does() -> None:
    alice = Profile()
    name = alice.sent("1", 100)
    assert alice.heard("1", 100, object=2) == name
    assert alice.heard("1", 300) != name


def test_who_came_later_has_not_heard_what_was_said_before() -> None:
    alice = Profile()
    early, late = alice.sent("1", 100), alice.sent("1", 5000)
    assert alice.heard("3", 5001, since_ms=4000.0) == late
    assert alice.heard("2", 101) == early


def test_each_document_has_a_clock_of_its_own() -> None:
    alice = Profile()
    alice.sent("1", 100)
    late = alice.sent("1", 5000)
    young = post("heard", 101, since_ms=10.0)  # 101 ms old, and 4900 ms behind the bed
    assert alice.take("2", young, offset_ms=4900.0).message == late

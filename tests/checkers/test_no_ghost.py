"""no ghost: who was told to disconnect or to unsubscribe stays away, and one socket is enough."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncbed.checkers.no_ghost import check
from syncbed.trace import Connection, Invoke, Ok, State, Trace
from tests.checkers.story import CHANNEL, Story


def says(story: Story, did: Any, name: str, tab: str = "alice/1") -> None:
    story.say("wire", Connection(did, name, tab if did != "opened" else "alice/unknown"))


def socket(story: Story, name: str, tab: str = "alice/1") -> None:
    says(story, "opened", name, tab)
    says(story, "websocket", name, tab)


def act(story: Story, op: str, what: Any, key: str = "", tab: str = "alice/1") -> None:
    story.say("driver", Invoke(op, tab, what, key))
    story.say(story.document(tab), Ok(op))


FIRST = "alice/1#1"  # the socket that every document of a story has


def disconnected() -> Story:
    story = Story()
    act(story, "o1", "disconnect")
    says(story, "closing", FIRST)
    says(story, "closed", FIRST)
    return story


def test_who_disconnects_and_stays_away_is_fine() -> None:
    finding = check(disconnected().end())
    assert (finding.status, finding.reason) == ("ok", "1 disconnected, 0 unsubscribed, 2 at the end")


def test_a_socket_after_disconnect_is_a_ghost() -> None:
    story = disconnected()
    story.say("tab alice/1", State("alice/1", "reconnecting"))
    socket(story, "c2")
    finding = check(story.end())
    assert finding.status == "violated"
    assert finding.reason == "alice/1 was told to disconnect, and opened a socket"
    assert [record.what.kind for record in finding.witness] == [
        "invoke",
        "ok",
        "state",
        "connection",
        "connection",
    ]


def test_who_connects_again_may_have_one() -> None:
    story = disconnected()
    act(story, "o2", "connect")
    socket(story, "c2")
    assert check(story.end()).status == "ok"


def test_a_ghost_before_it_connects_again_is_one_all_the_same() -> None:
    story = disconnected()
    socket(story, "c2")
    act(story, "o2", "connect")
    assert check(story.end()).status == "violated"


def test_a_reloaded_page_starts_anew() -> None:
    story = disconnected()
    story.open("alice/1")
    assert check(story.end()).status == "ok"


def test_a_handshake_that_was_under_way_is_no_ghost() -> None:
    story = Story()
    says(story, "opened", "c2")
    act(story, "o1", "disconnect")
    says(story, "closed", FIRST)
    says(story, "websocket", "c2")
    says(story, "closed", "c2")
    assert check(story.end()).status == "ok"


def test_another_tab_of_the_profile_may_have_its_own() -> None:
    story = disconnected()
    socket(story, "c2", "alice/2")
    assert check(story.end()).status == "ok"


def test_a_socket_that_is_never_closed_is_a_ghost() -> None:
    story = Story()
    act(story, "o1", "disconnect")
    assert check(story.end()).reason == "alice/1 was told to disconnect, and has a socket still"


def test_two_living_sockets_of_a_tab_are_one_too_many() -> None:
    story = Story()
    socket(story, "c2")
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("violated", "alice/1 has 2 living sockets")


def test_one_that_is_closing_or_silenced_does_not_count() -> None:
    for did in ("closing", "silenced"):
        story = Story()
        says(story, did, FIRST)
        socket(story, "c2")
        assert check(story.end()).status == "ok"


def test_one_that_was_silenced_and_is_heard_again_counts() -> None:
    story = Story()
    says(story, "silenced", FIRST)
    socket(story, "c2")
    says(story, "resumed", FIRST)
    assert check(story.end()).status == "violated"


def test_an_event_after_unsubscribe_is_a_ghost() -> None:
    story = Story("alice/1")
    commit = story.put("alice/1", "latte", "o1")
    act(story, "o2", "unsubscribe", CHANNEL)
    assert check(story.end()).status == "ok"
    story.hand("alice/1", story.commit("latte", "o3"), "o3")
    finding = check(story.end())
    assert finding.reason == "alice/1 was handed an event of orders after it had unsubscribed"
    assert commit.offset == 1


def test_who_subscribes_again_is_handed_events() -> None:
    story = Story("alice/1")
    act(story, "o1", "unsubscribe", CHANNEL)
    act(story, "o2", "subscribe", CHANNEL)
    story.put("alice/1", "latte", "o3")
    assert check(story.end()).status == "ok"


def test_without_a_socket_at_the_wire_nobody_can_say() -> None:
    story = Story()
    act(story, "o1", "disconnect")
    records = [each for each in story.end().records if not isinstance(each.what, Connection)]
    finding = check(Trace(tuple(replace(each, i=i) for i, each in enumerate(records))))
    assert finding.status == "unknown"
    assert finding.reason == "never exercised: the wire saw no WebSocket, and nobody unsubscribed"


def test_a_run_that_did_not_settle_says_nothing_about_the_end() -> None:
    story = Story()
    socket(story, "c2")
    assert check(story.end(reached=False)).status == "unknown"

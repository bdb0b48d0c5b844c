"""in order, no gap: events of a channel arrive with dense, rising offsets."""

from __future__ import annotations

import pytest

from syncbed.checkers.in_order_no_gap import check
from syncbed.trace import Commit, Event, Invoke, Snapshot, Subscribed, TabLife, View
from tests.checkers.story import CHANNEL, Story


def burst(story: Story, count: int) -> list[Commit]:
    """Commits that nobody was handed yet."""
    return [story.commit("latte", f"o{number}") for number in range(1, count + 1)]


def hand(story: Story, tab: str, commits: list[Commit]) -> None:
    for commit in commits:
        story.hand(tab, commit)


def test_dense_and_rising_is_fine() -> None:
    story = Story()
    for number in range(1, 5):
        story.put("alice/1", "latte", f"o{number}")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 8)
    assert finding.reason == "8 events on 2 subscriptions, dense and rising"


def test_an_event_that_is_missing_is_a_gap() -> None:
    story = Story("bob/1")
    one, _, three = burst(story, 3)
    hand(story, "bob/1", [one, three])
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("violated", 2)
    assert finding.reason == "bob/1 was handed offset 3 of orders after 1"
    assert [record.what.kind for record in finding.witness] == ["event", "event", "commit"]
    assert finding.witness[2].what == story.log[1], "the one that was missed is told"


def test_two_events_that_are_swapped_are_out_of_order() -> None:
    story = Story("bob/1")
    one, two, three = burst(story, 3)
    hand(story, "bob/1", [one, three, two])
    assert check(story.end()).reason == "bob/1 was handed offset 3 of orders after 1"


def test_the_first_event_must_follow_where_the_app_was_told_it_stands() -> None:
    story = Story("bob/1")
    _, two = burst(story, 2)
    hand(story, "bob/1", [two])
    assert check(story.end()).reason == "bob/1 was handed offset 2 of orders after 0"


def test_a_gap_that_the_app_was_told_of_is_none() -> None:
    story = Story("bob/1")
    one, _, _, four = burst(story, 4)
    hand(story, "bob/1", [one])
    story.say("tab bob/1", Subscribed("bob/1", CHANNEL, "e1", 3, "resync"))
    hand(story, "bob/1", [four])
    assert check(story.end()).status == "ok"


def test_an_epoch_that_changes_without_a_word_is_a_gap() -> None:
    story = Story("bob/1")
    hand(story, "bob/1", burst(story, 1))
    story.epoch, story.offset = "e2", 0
    hand(story, "bob/1", burst(story, 1))
    assert (
        check(story.end()).reason
        == "bob/1 was handed offset 1 of orders in epoch e2, after epoch e1, and was told of no resync"
    )


def test_an_epoch_that_changes_with_a_resync_is_none() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.lose_everything()
    story.put("alice/1", "latte", "o2")
    assert check(story.end()).status == "ok"


def test_an_offset_that_comes_again_is_not_judged_here() -> None:
    story = Story("bob/1")
    one, two = burst(story, 2)
    hand(story, "bob/1", [one, two, one])
    assert check(story.end()).status == "ok"


def test_a_connected_tab_that_never_got_the_end_has_a_gap() -> None:
    story = Story("bob/1")
    one, _ = burst(story, 2)
    hand(story, "bob/1", [one])
    finding = check(story.end())
    assert finding.status == "violated"
    assert finding.reason == (
        "bob/1 is connected and was brought to offset 1 of orders, epoch e1; the channel is at 2, epoch e1"
    )
    assert [record.what.kind for record in finding.witness] == [
        "state",
        "event",
        "settled",
        "commit",
        "snapshot",
    ]


@pytest.mark.parametrize("why", ["disconnected", "closed", "frozen", "reloaded", "unsubscribed"])
def test_a_tab_that_does_not_listen_any_more_may_be_behind(why: str) -> None:
    story = Story("bob/1")
    one, _ = burst(story, 2)
    hand(story, "bob/1", [one])
    match why:
        case "disconnected":
            story.connected("bob/1", "disconnected")
        case "reloaded":
            story.open("bob/1")
        case "unsubscribed":
            story.say("driver", Invoke("o9", "bob/1", "unsubscribe", CHANNEL))
        case _:
            story.life("bob/1", why)
    assert check(story.end()).status == "ok"


def gap_after(reason: str) -> Story:
    """Bob gets the first of three events, is told something without a place, and gets the third."""
    story = Story("bob/1")
    one, _, three = burst(story, 3)
    hand(story, "bob/1", [one])
    story.say("tab bob/1", Subscribed("bob/1", CHANNEL, None, None, reason))
    hand(story, "bob/1", [three])
    return story


def test_a_resume_without_a_place_starts_nothing_anew() -> None:
    finding = check(gap_after("resumed").end())
    assert (finding.status, finding.reason) == ("violated", "bob/1 was handed offset 3 of orders after 1")


@pytest.mark.parametrize("reason", ["new", "not-recovered"])
def test_a_new_start_without_a_place_leaves_a_gap_open(reason: str) -> None:
    finding = check(gap_after(reason).end())
    assert (finding.status, finding.reason) == (
        "unknown",
        "bob/1 was handed offset 3 of orders after 1, and was told of a new start that does not say where",
    )


def test_a_new_start_without_a_place_that_goes_on_densely_is_no_gap() -> None:
    story = Story("bob/1")
    one, two = burst(story, 2)
    hand(story, "bob/1", [one])
    story.say("tab bob/1", Subscribed("bob/1", CHANNEL, None, None, "new"))
    hand(story, "bob/1", [two])
    assert check(story.end()).status == "ok"


def test_a_new_start_without_a_place_leaves_open_what_never_came() -> None:
    story = Story("bob/1")
    one, _ = burst(story, 2)
    hand(story, "bob/1", [one])
    story.say("tab bob/1", Subscribed("bob/1", CHANNEL, None, None, "new"))
    assert check(story.end()).status == "unknown"


def test_a_connected_tab_that_never_said_where_it_stands_leaves_it_open() -> None:
    story = Story("alice/1")
    story.lives["bob/1"] = 1
    story.say("driver", TabLife("bob/1", "opened", story.document("bob/1")))
    story.connected("bob/1")
    story.say("tab bob/1", View("bob/1", ()))
    story.put("alice/1", "latte", "o1")
    finding = check(story.end())
    assert (finding.status, finding.reason) == (
        "unknown",
        "bob/1 is connected, and nobody says where it stands on orders",
    )
    story.connected("bob/1", "disconnected")
    assert check(story.trace).status == "ok"


def test_without_a_log_nobody_knows_where_a_channel_ends() -> None:
    story = Story("bob/1")
    hand(story, "bob/1", burst(story, 2))
    story.end(log=False, snapshot=False)
    story.say("bed", Snapshot(CHANNEL, "", 0, ()))
    assert check(story.trace).reason == "nobody says where orders ends"


def test_events_without_offsets_cannot_be_judged() -> None:
    story = Story("bob/1")
    story.say("tab bob/1", Event("bob/1", CHANNEL, "created"))
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("unknown", "events carry no offset")


def test_no_event_at_all_is_never_exercised() -> None:
    assert check(Story().end()).reason == "never exercised: no event was handed to an app"


def test_an_sdk_that_does_not_claim_order_is_not_judged() -> None:
    assert check(Story(caps=("crdt",)).end()).reason == "needs order, which this SDK does not claim"

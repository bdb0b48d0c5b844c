"""no duplicate: a mutation takes effect once, an event is handed to the app once."""

from __future__ import annotations

import dataclasses

from syncbed.checkers.no_duplicate import check
from syncbed.trace import Commit, Event, Frame
from tests.checkers.story import CHANNEL, Story


def test_everything_once_is_fine() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.put("bob/1", "latte", "o2")
    story.remove("bob/1", "latte", "o3")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 9)
    assert finding.reason == "3 commits and 6 handed events, each once"


def test_a_write_that_was_sent_again_as_new_is_there_twice() -> None:
    story = Story()
    story.ask("alice/1", "latte", "o1")
    first = story.commit("latte", "o1")
    story.say("wire", Frame("m1", "delivered", stage="response", mutation="1"))
    story.say("wire", Frame("m1", "lost", stage="response", mutation="1"))
    story.items["latte-2"] = {"id": "latte-2", "version": 0}
    second = story.commit("latte-2", "o1")
    second = dataclasses.replace(second, item={**second.item, "title": "latte #o1"})
    story.log[-1] = second
    story.hand_all(first, "o1")
    story.hand_all(second, "o1")
    story.answer("o1", second)
    finding = check(story.end())
    assert finding.status == "violated"
    assert finding.reason == "o1 was committed twice, at offsets 1 and 2"
    assert [record.what.kind for record in finding.witness] == ["invoke", "frame", "ok", "commit", "commit"]


def test_a_mutation_id_that_was_committed_twice_is_a_duplicate_even_of_a_removal() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    removed = story.remove("alice/1", "latte", "o2")
    story.log.append(dataclasses.replace(removed, offset=3, version=3))
    story.offset = 3
    assert check(story.end()).reason == "latte was committed twice, at offsets 2 and 3"


def test_a_commit_that_was_read_twice_is_one_commit() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.say("bed", commit)
    assert check(story.end()).status == "ok"


def test_a_write_that_is_committed_again_after_its_epoch_was_lost_is_no_duplicate() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.say("bed", commit)
    story.lose_everything()
    story.hand_all(story.commit("latte", "o1", mutation=1), "o1")
    assert check(story.end()).status == "ok"


def test_two_items_with_one_token_are_a_duplicate_wherever_they_are_shown() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.shown["bob/1"]["copy"] = {**commit.item, "id": "copy"}
    story.show("bob/1")
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("violated", "two items carry o1")


def test_an_event_that_is_handed_out_twice_is_a_duplicate() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.hand("bob/1", commit, "o1")
    finding = check(story.end())
    assert finding.reason == "bob/1 was handed the event of o1 at offset 1 twice"
    assert [record.what.kind for record in finding.witness] == ["event", "event"]


def test_two_tabs_are_each_handed_their_own() -> None:
    story = Story("alice/1", "alice/2")
    story.put("alice/1", "latte", "o1")
    assert check(story.end()).status == "ok"


def test_a_reloaded_page_may_be_handed_it_again() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.open("bob/1")
    story.hand("bob/1", commit, "o1")
    assert check(story.end()).status == "ok"


def test_events_without_offsets_are_known_by_the_version_of_their_item() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    plain = Event("alice/1", CHANNEL, "created", None, None, "o1", commit.entity_id, commit.version)
    story.say("tab alice/1", plain)
    assert check(story.trace).status == "unknown"
    story.say("tab alice/1", plain)
    assert check(story.end()).reason == "alice/1 was handed the event of o1 at version 1 twice"


def test_events_that_cannot_be_told_apart_are_not_counted_and_leave_it_open() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    for _ in range(2):
        story.say("tab alice/1", Event("alice/1", CHANNEL, "created"))
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("unknown", 3)
    assert finding.reason == (
        "2 events cannot be told apart: they carry no offset, version or token "
        "(the first is 'created' on orders)"
    )


def test_a_violation_counts_more_than_events_that_cannot_be_told_apart() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.say("tab alice/1", Event("alice/1", CHANNEL, "created"))
    story.hand("bob/1", commit, "o1")
    assert check(story.end()).status == "violated"


def test_without_the_log_nobody_can_say() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    finding = check(story.end(log=False))
    assert (finding.status, finding.reason, finding.exercised) == (
        "unknown",
        "the committed log was not read",
        2,
    )


def test_nothing_committed_is_never_exercised() -> None:
    finding = check(Story().end())
    assert finding.reason == "never exercised: nothing was committed and no event was handed out"


def test_an_sdk_that_does_not_claim_it_is_not_judged() -> None:
    assert check(Story(caps=("order",)).end()).reason == "needs idempotent, which this SDK does not claim"


def test_the_commits_of_the_story_are_the_evidence() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    assert len(story.end().all(Commit)) == 1

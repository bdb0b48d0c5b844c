"""no lost write: what was acknowledged is in the log, and in the final state unless overwritten."""

from __future__ import annotations

from syncbed.checkers.no_lost_write import check
from syncbed.trace import Commit, Invoke, LogRead, Ok, tell
from tests.checkers.story import CHANNEL, Story


def test_acknowledged_writes_are_there() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.put("alice/1", "latte", "o2")
    story.put("bob/1", "espresso", "o3")
    story.remove("bob/1", "espresso", "o4")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 4)


def test_an_acknowledged_write_that_is_not_in_the_log_is_lost() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.fault("r1")
    story.ask("alice/1", "espresso", "o2")
    story.say("driver", Ok("o2", version=1))
    finding = check(story.end())
    assert finding.status == "violated"
    assert finding.reason == "o2 was acknowledged and is not in the committed log"
    assert [tell(record) for record in finding.witness[:3]] == [
        'fault r1 began: {"kind": "cut"}',
        'alice/1 was asked to put "espresso #o2" as espresso (o2)',
        "o2 was acknowledged as version 1",
    ]
    assert len(finding.witness) <= 5


def test_a_committed_write_that_is_gone_is_lost() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    del story.items["latte"]
    finding = check(story.end())
    assert finding.reason == "o1 was committed at offset 1, nothing overwrote it, and latte is gone"
    assert [record.what for record in finding.witness if isinstance(record.what, Commit)] == [commit]


def test_a_committed_write_whose_item_holds_something_else_is_lost() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.items["latte"] = {**story.items["latte"], "title": "latte"}
    assert check(story.end()).reason.endswith("nothing overwrote it, and latte holds something else")


def test_a_removed_item_that_is_there_again_is_a_lost_removal() -> None:
    story = Story()
    latte = story.put("alice/1", "latte", "o1")
    story.remove("alice/1", "latte", "o2")
    story.items["latte"] = latte.item
    assert check(story.end()).reason.endswith("nothing overwrote it, and latte is there again")


def test_a_removal_that_is_not_in_the_log_is_lost_though_another_one_is() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.remove("alice/1", "latte", "o2")
    story.put("alice/1", "latte", "o3")
    story.say("driver", Invoke("o4", "bob/1", "remove", "latte"))
    story.say("driver", Ok("o4", version=9))
    assert check(story.end()).reason == "o4 was acknowledged and is not in the committed log"


def test_an_overwritten_write_is_not_lost() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.put("bob/1", "latte", "o2")
    assert check(story.end()).status == "ok"


def test_a_refused_write_and_a_doubtful_one_may_be_missing() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.refused("bob/1", "latte", "o2")
    story.doubtful("bob/1", "espresso", "o3")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 1)


def test_a_doubtful_write_may_be_there_too() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.doubtful("bob/1", "espresso", "o2")
    story.commit("espresso", "o2")
    assert check(story.end()).status == "ok"


def test_writes_of_a_lost_epoch_are_excused() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.lose_everything()
    story.put("alice/1", "espresso", "o2")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 1)
    assert "1 excused" in finding.reason


def test_writes_asked_for_after_the_new_epoch_was_seen_are_not_excused() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.lose_everything()
    story.put("alice/1", "mocha", "o2")
    story.ask("alice/1", "espresso", "o3")
    story.say("driver", Ok("o3", version=1))
    finding = check(story.end())
    assert (finding.status, finding.reason) == (
        "violated",
        "o3 was acknowledged and is not in the committed log",
    )


def test_a_write_that_outlived_its_epoch_in_the_log_that_was_read_is_excused_from_the_final_state() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.say("bed", commit)  # the log of the first epoch was read before it was lost
    story.lose_everything()
    story.put("alice/1", "espresso", "o2")
    assert check(story.end()).status == "ok"


def test_if_all_of_it_is_excused_nothing_was_exercised() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.lose_everything()
    finding = check(story.end())
    assert finding.status == "unknown"
    assert "all 1 acknowledged writes are of a lost epoch" in finding.reason


def test_without_an_acknowledgement_it_was_never_exercised() -> None:
    story = Story()
    story.refused("alice/1", "latte", "o1")
    assert check(story.end()).reason == "never exercised: no write was acknowledged"


def test_without_the_log_nobody_can_say() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    finding = check(story.end(log=False))
    assert (finding.status, finding.reason) == (
        "unknown",
        f"the log of {CHANNEL}, epoch e1, was not read up to 1",
    )


def test_a_log_with_a_hole_is_no_evidence() -> None:
    story = Story()
    for number in range(1, 4):
        story.put("alice/1", "latte", f"o{number}")
    story.end(log=False)
    story.say("bed", story.log[0])

    story.say("bed", LogRead(CHANNEL, "e1", 0, 1))
    story.say("bed", LogRead(CHANNEL, "e1", 2, 3))
    assert "was not read up to 3" in check(story.trace).reason


def test_without_the_servers_items_nobody_can_say() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    assert check(story.end(snapshot=False)).reason == "the server's items were not read at the end"


def test_an_sdk_without_a_server_that_decides_is_not_judged() -> None:
    finding = check(Story(caps=("crdt",)).end())
    assert (finding.status, finding.reason) == (
        "unknown",
        "needs server_authority, which this SDK does not claim",
    )

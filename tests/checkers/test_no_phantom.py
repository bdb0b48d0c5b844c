"""no phantom: a write that was refused is in nobody's final state."""

from __future__ import annotations

from syncbed.checkers.no_phantom import check
from syncbed.trace import Fail, Invoke, tell
from tests.checkers.story import Story


def with_a_refusal() -> Story:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.refused("bob/1", "latte", "o2")
    return story


def refused_removal(story: Story, tab: str = "bob/1", key: str = "latte", op: str = "o3") -> None:
    story.say("driver", Invoke(op, tab, "remove", key, None, op))
    story.say("driver", Fail(op, "version_conflict"))


def test_what_was_refused_is_nowhere() -> None:
    story = with_a_refusal()
    refused_removal(story)
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 2)
    assert finding.reason == "2 refused writes, in the final state of nobody"


def test_a_refused_write_that_the_server_holds_is_a_phantom() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.ask("bob/1", "latte", "o2")
    commit = story.commit("latte", "o2")
    story.hand_all(commit, "o2")
    story.say("driver", Fail("o2", "version_conflict"))
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("violated", "o2 was refused, and the server holds it")
    told = [tell(record) for record in finding.witness]
    assert told[0].startswith("bob/1 was asked to put")
    assert any("refused" in line or "failed" in line or "version_conflict" in line for line in told)


def test_a_refused_write_that_a_tab_still_shows_is_a_phantom() -> None:
    story = with_a_refusal()
    story.shown["bob/1"] = {"latte": {**story.items["latte"], "title": "latte #o2"}}
    story.show("bob/1")
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("violated", "o2 was refused, and bob/1 shows it")


def test_a_refused_write_may_have_been_shown_on_the_way() -> None:
    story = Story()
    latte = story.put("alice/1", "latte", "o1")
    story.ask("bob/1", "latte", "o2")
    story.shown["bob/1"] = {"latte": {**story.items["latte"], "title": "latte #o2"}}
    story.show("bob/1", "latte")
    story.say("driver", Fail("o2", "version_conflict"))
    story.shown["bob/1"] = {"latte": latte.item}
    story.show("bob/1")
    assert check(story.end()).status == "ok"


def test_an_item_whose_removal_was_refused_and_that_a_tab_no_longer_shows_is_a_phantom() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    refused_removal(story)
    story.shown["bob/1"] = {}
    story.show("bob/1")
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("violated", "o3 was refused, and bob/1 shows no latte")


def test_an_item_whose_removal_was_refused_and_that_the_server_lost_is_a_phantom() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    refused_removal(story)
    del story.items["latte"]
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("violated", "o3 was refused, and the server holds no latte")


def test_an_item_that_somebody_else_removed_is_gone_by_right() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    refused_removal(story)
    story.remove("alice/1", "latte", "o4")
    assert check(story.end()).status == "ok"


def test_without_the_log_nobody_knows_who_removed_it() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    refused_removal(story)
    story.remove("alice/1", "latte", "o4")
    assert check(story.end(log=False)).status == "ok"


def test_a_doubtful_write_may_be_there() -> None:
    story = with_a_refusal()
    story.doubtful("bob/1", "espresso", "o3")
    story.hand_all(story.commit("espresso", "o3"), "o3")
    assert check(story.end()).status == "ok"


def test_without_a_refusal_it_was_never_exercised() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    finding = check(story.end())
    assert (finding.status, finding.reason) == ("unknown", "never exercised: no write was refused")


def test_a_run_that_did_not_settle_has_no_final_state() -> None:
    finding = check(with_a_refusal().end(reached=False))
    assert finding.status == "unknown"
    assert "did not settle" in finding.reason


def test_without_the_servers_items_nobody_can_say() -> None:
    finding = check(with_a_refusal().end(snapshot=False))
    assert (finding.status, finding.reason) == ("unknown", "the server's items were not read")


def test_an_sdk_without_a_server_that_decides_is_not_judged() -> None:
    assert check(Story(caps=("crdt",)).end()).reason.startswith("needs server_authority")

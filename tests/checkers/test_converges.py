"""converges: after heal and settle, every tab and the server show the same items."""

from __future__ import annotations

import pytest

from syncbed.checkers import Finding
from syncbed.checkers.converges import check
from syncbed.trace import Fault, Heal, Lifted, Settled, TabLife
from tests.checkers.story import Story


def kinds(finding: Finding) -> list[str]:
    return [record.what.kind for record in finding.witness]


def test_all_show_what_the_server_holds() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.put("bob/1", "espresso", "o2")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 2)
    assert finding.reason == "2 tabs and the server show 2 items"


def test_a_tab_that_missed_an_item_is_named_with_the_item() -> None:
    story = Story()
    story.ask("alice/1", "latte", "o1")
    commit = story.commit("latte", "o1")
    story.hand("alice/1", commit, "o1")
    story.answer("o1", commit)
    finding = check(story.end())
    assert finding.status == "violated"
    assert finding.reason == 'bob/1 shows no "latte #o1" v1, which the server holds'
    assert kinds(finding) == ["view", "invoke", "ok", "heal", "settled", "commit", "snapshot"]


def test_an_item_that_the_server_does_not_hold_differs() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.shown["bob/1"]["ghost"] = {"id": "ghost", "version": 1, "title": "ghost"}
    story.show("bob/1")
    assert check(story.end()).reason == 'bob/1 shows "ghost" v1, which the server does not hold'


def test_an_older_version_differs() -> None:
    story = Story()
    old = story.put("alice/1", "latte", "o1")
    story.put("alice/1", "latte", "o2")
    story.shown["bob/1"]["latte"] = old.item
    story.show("bob/1")
    assert check(story.end()).reason == 'bob/1 shows "latte #o1" v1 where the server holds "latte #o2" v2'


def test_an_item_that_is_shown_twice_differs() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.shown["bob/1"]["again"] = commit.item
    story.show("bob/1")
    assert check(story.end()).reason == 'bob/1 shows "latte #o1" v1 twice'


def test_a_version_that_only_one_side_tells_is_not_compared() -> None:
    story = Story()
    commit = story.put("alice/1", "latte", "o1")
    story.shown["bob/1"]["latte"] = {**commit.item, "version": None}
    story.show("bob/1")
    assert check(story.end()).status == "ok"


def test_a_tab_that_was_closed_or_crashed_is_not_asked() -> None:
    story = Story("alice/1", "bob/1", "carol/1")
    story.life("bob/1", "closed")
    story.life("carol/1", "crashed")
    del story.shown["bob/1"], story.shown["carol/1"]
    story.put("alice/1", "latte", "o1")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 1)


def unknown(story: Story, **end: bool) -> str:
    finding = check(story.end(**end))
    assert (finding.status, finding.exercised, finding.witness) == ("unknown", 0, ())
    return finding.reason


def written() -> Story:
    story = Story()
    story.put("alice/1", "latte", "o1")
    return story


def test_nothing_written_is_never_exercised() -> None:
    assert unknown(Story()) == "never exercised: nothing was written"


def test_without_settling_nobody_can_say() -> None:
    assert unknown(written(), reached=False) == "the run did not settle within 10000 ms: 1 pending in alice/1"
    assert check(written().trace).reason == "the run never settled"


def test_without_the_servers_items_nobody_can_say() -> None:
    assert unknown(written(), snapshot=False) == "the server's items were not read"


def test_a_tab_that_never_told_what_it_shows_is_missing_evidence() -> None:
    story = written()
    story.lives["bob/1"] += 1
    story.say("driver", TabLife("bob/1", "reloaded", story.document("bob/1")))
    assert unknown(story) == "bob/1 never told what it shows"


def test_a_tab_that_waits_for_an_answer_has_not_settled_whoever_says_so() -> None:
    story = written()
    story.show("bob/1", "latte")
    assert unknown(story) == "bob/1 has 1 pending though it had settled"


def test_a_frozen_tab_cannot_be_asked() -> None:
    story = written()
    story.life("bob/1", "frozen")
    assert unknown(story) == "bob/1 was frozen at the end"


def test_a_fault_in_force_keeps_it_open() -> None:
    story = written()
    story.end()
    story.say("wire", Fault("r1"))
    assert check(story.trace).reason == "it was never healed: fault r1 was in force"
    story.say("wire", Lifted("r1"))
    assert check(story.trace).status == "ok"


def test_a_fault_whose_id_was_used_before_has_an_end_of_its_own() -> None:
    story = written()
    story.say("wire", Fault("r1"))
    story.say("wire", Lifted("r1"))
    story.end()
    story.say("wire", Fault("r1"))
    assert check(story.trace).reason == "it was never healed: fault r1 was in force"


def test_settled_before_it_was_healed_does_not_count() -> None:
    story = written()
    story.end()
    story.say("driver", Heal())
    assert check(story.trace).reason == "it did not settle after it was healed"


@pytest.mark.parametrize("later", ["snapshot", "write"])
def test_what_was_read_before_it_settled_does_not_count(later: str) -> None:
    story = written()
    story.end()
    if later == "snapshot":
        story.say("driver", Settled(True, 1000))
        assert check(story.trace).reason == "the server's items were not read after it had settled"
    else:
        story.ask("alice/1", "espresso", "o2")
        assert check(story.trace).reason == "there were writes after it had settled"

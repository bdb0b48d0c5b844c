"""no flicker: what was shown is not taken back, unless it was refused, and then once."""

from __future__ import annotations

import json
from typing import Any

from syncbed.checkers.no_flicker import check
from syncbed.trace import Frame, Ok, Subscribed, mark
from tests.checkers.story import Story


def shows(story: Story, tab: str, **items: str) -> None:
    """The tab shows these items, each with the token of its last write."""
    story.shown[tab] = {key: item(key, token) for key, token in items.items()}
    story.show(tab)


def item(key: str, token: str) -> dict[str, Any]:
    return {"id": key, "version": 1, "title": mark(key, token)}


def acknowledged(story: Story, tab: str, key: str, op: str) -> None:
    """Asked for and acknowledged; what the tabs show of it is up to the test."""
    story.ask(tab, key, op)
    story.answer(op, story.commit(key, op))


def test_what_is_shown_and_stays_is_fine() -> None:
    story = Story()
    story.put("alice/1", "latte", "o1")
    story.put("bob/1", "latte", "o2")
    story.remove("bob/1", "latte", "o3")
    finding = check(story.end())
    assert finding.status == "ok"
    assert finding.reason == "4 times a write was shown, and none was taken back that was not refused"


def test_a_new_item_that_vanishes_and_comes_back_flickers() -> None:
    story = Story("alice/1")
    acknowledged(story, "alice/1", "latte", "o1")
    shows(story, "alice/1", latte="o1")
    shows(story, "alice/1")
    shows(story, "alice/1", latte="o1")
    finding = check(story.end())
    assert finding.status == "violated"
    assert finding.reason == "alice/1 showed o1 and took it back, and it was not refused"
    assert [record.what.kind for record in finding.witness] == ["view", "invoke", "ok", "view", "view"]


def test_a_change_that_falls_back_to_what_was_there_flickers() -> None:
    story = Story("alice/1")
    acknowledged(story, "alice/1", "latte", "o1")
    shows(story, "alice/1", latte="o1")
    acknowledged(story, "alice/1", "latte", "o2")
    for token in ("o2", "o1", "o2"):
        shows(story, "alice/1", latte=token)
    assert check(story.end()).reason == "alice/1 showed o2 and took it back, and it was not refused"


def test_what_was_there_from_the_start_flickers_too() -> None:
    story = Story("alice/1")
    acknowledged(story, "alice/1", "latte", "o1")
    story.open("alice/1")
    shows(story, "alice/1")
    shows(story, "alice/1", latte="o1")
    assert check(story.end()).reason == "alice/1 showed o1, showed latte no more, and showed it again"


def test_a_refused_write_is_taken_back_once() -> None:
    story = Story("alice/1")
    acknowledged(story, "alice/1", "latte", "o1")
    shows(story, "alice/1", latte="o1")
    story.refused("alice/1", "latte", "o2")
    for token in ("o2", "o1"):
        shows(story, "alice/1", latte=token)
    assert check(story.end()).status == "ok"
    for token in ("o2", "o1"):
        shows(story, "alice/1", latte=token)
    assert check(story.end()).reason == "alice/1 showed o2 and took it back twice, and it was refused once"


def test_two_refused_writes_may_go_together() -> None:
    story = Story("alice/1")
    acknowledged(story, "alice/1", "latte", "o1")
    shows(story, "alice/1", latte="o1")
    for op in ("o2", "o3"):
        story.refused("alice/1", "latte", op)
        shows(story, "alice/1", latte=op)
    shows(story, "alice/1", latte="o1")
    assert check(story.end()).status == "ok"


def test_a_removal_explains_an_item_that_goes_and_comes_back() -> None:
    story = Story("alice/1")
    story.put("alice/1", "latte", "o1")
    story.remove("alice/1", "latte", "o2")
    shows(story, "alice/1", latte="o1")
    assert check(story.end()).status == "ok"


def test_a_write_of_a_tab_that_is_gone_may_be_taken_back_and_come_again() -> None:
    story = Story("alice/1", "alice/2")
    story.doubtful("alice/2", "latte", "o1")
    shows(story, "alice/1", latte="o1")
    shows(story, "alice/1")
    shows(story, "alice/1", latte="o1")
    assert check(story.end()).status == "ok"


def test_what_a_lost_epoch_took_away_is_no_flicker() -> None:
    story = Story("alice/1")
    story.put("alice/1", "latte", "o1")
    story.lose_everything()
    shows(story, "alice/1", latte="o1")
    assert check(story.end()).status == "ok"


def restarted(story: Story, told: bool) -> None:
    """The server is killed with a write pending that bob has seen, and begins anew with nothing."""
    story.ask("alice/1", "latte", "o1")
    story.commit("latte", "o1", mutation=1)
    shows(story, "bob/1", latte="o1")
    story.epoch, story.offset, story.items = "e2", 0, {}
    if told:
        body = {"type": "subscribed", "channel": "orders", "epoch": "e2", "offset": 0}
        name = "alice/1 /ws #2 down 1"
        story.say("wire", Frame(name, "seen", direction="down", payload=json.dumps(body)))


def test_a_retried_write_that_is_shown_before_the_resync_is_told_is_no_flicker() -> None:
    story = Story("alice/1", "bob/1")
    restarted(story, told=True)
    shows(story, "bob/1")
    shows(story, "bob/1", latte="o1")
    story.say("driver", Ok("o1", version=1))
    story.say(story.document("bob/1"), Subscribed("bob/1", "orders", "e2", 0, "epoch"))
    assert check(story.end()).status == "ok"


def test_nor_is_it_if_only_the_log_tells_of_the_new_epoch() -> None:
    story = Story("alice/1", "bob/1")
    restarted(story, told=False)
    shows(story, "bob/1")
    shows(story, "bob/1", latte="o1")
    story.commit("latte", "o1", mutation=1)
    story.say("driver", Ok("o1", version=1))
    assert check(story.end()).status == "ok"


def test_a_new_epoch_excuses_nothing_that_came_after_it() -> None:
    story = Story("alice/1", "bob/1")
    restarted(story, told=True)
    story.say(story.document("bob/1"), Subscribed("bob/1", "orders", "e2", 0, "epoch"))
    shows(story, "bob/1")
    acknowledged(story, "alice/1", "mocha", "o2")
    for mocha in ({"mocha": "o2"}, {}, {"mocha": "o2"}):
        shows(story, "bob/1", **mocha)
    assert check(story.end()).status == "violated"


def test_each_document_is_looked_at_by_itself() -> None:
    story = Story("alice/1", "alice/2")
    acknowledged(story, "alice/1", "latte", "o1")
    shows(story, "alice/1", latte="o1")
    shows(story, "alice/2")
    shows(story, "alice/2", latte="o1")
    assert check(story.end()).status == "ok"


def test_without_a_shown_write_nobody_can_say() -> None:
    assert check(Story().end()).reason == "never exercised: no write was shown by any tab"

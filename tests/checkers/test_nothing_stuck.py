"""nothing stuck: pending returns to 0, a request settles, a subscription ends up live."""

from __future__ import annotations

import dataclasses

import pytest

from syncbed.checkers.nothing_stuck import check
from syncbed.trace import Heal, Info, Invoke, Settled, Trace
from tests.checkers.story import Story


def good() -> Story:
    story = Story()
    story.put("alice/1", "latte", "o1")
    return story


def test_what_was_asked_for_ended_and_every_tab_is_at_rest() -> None:
    finding = check(good().end())
    assert (finding.status, finding.exercised) == ("ok", 3)
    assert finding.reason == "1 ops ended, 2 tabs at rest"


@pytest.mark.parametrize("reached", [True, False])
def test_what_is_pending_when_the_time_is_out_is_stuck(reached: bool) -> None:
    story = good()
    story.show("alice/1", "latte", "latte")
    finding = check(story.end(reached=reached))
    assert (finding.status, finding.reason) == (
        "violated",
        "alice/1 has 2 pending, 10000 ms after it was healed",
    )
    assert any(isinstance(record.what, Settled) for record in finding.witness)


@pytest.mark.parametrize("state", ["connecting", "reconnecting"])
def test_a_tab_that_still_connects_is_stuck(state: str) -> None:
    story = good()
    story.connected("bob/1", state)
    assert check(story.end(reached=False)).reason == f"bob/1 is {state}, 10000 ms after it was healed"


def test_a_subscription_that_never_became_live_is_stuck() -> None:
    story = good()
    reopen_without_a_subscription(story, "bob/1")
    finding = check(story.end(reached=False))
    assert finding.reason == "bob/1 is connected, and its subscription to orders never became live"


def test_a_subscription_in_an_epoch_that_is_over_is_stuck() -> None:
    story = good()
    story.epoch = "e2"  # and nobody tells the tabs
    finding = check(story.end(reached=False))
    assert finding.status == "violated"
    assert finding.reason.endswith("its subscription to orders is still in epoch e1, which is over")


def test_an_adapter_that_tells_nothing_of_its_subscriptions_is_not_held_to_them() -> None:
    silent = [record for record in good().end().records if record.what.kind not in ("subscribed", "event")]
    again = tuple(dataclasses.replace(record, i=i) for i, record in enumerate(silent))
    assert check(Trace(again)).status == "ok"


def test_a_subscription_that_was_given_up_need_not_be_live() -> None:
    story = good()
    reopen_without_a_subscription(story, "bob/1")
    story.say("driver", Invoke("o2", "bob/1", "unsubscribe", "orders"))
    story.answer("o2", story.log[0])
    assert check(story.end()).status == "ok"


def test_an_op_without_an_end_is_stuck() -> None:
    story = good()
    story.ask("bob/1", "espresso", "o2")
    finding = check(story.end())
    assert (finding.status, finding.reason) == (
        "violated",
        "o2 (put, bob/1) has no answer, 10000 ms after it was healed",
    )


def test_an_op_that_only_the_end_of_the_run_ended_is_stuck() -> None:
    story = good()
    story.ask("bob/1", "espresso", "o2")
    story.end()
    story.say("driver", Info("o2", "the run ended"))
    assert check(story.trace).reason.startswith("o2 (put, bob/1) has no answer")


def test_an_op_whose_answer_was_a_doubt_has_ended() -> None:
    story = good()
    story.doubtful("bob/1", "espresso", "o2")
    assert check(story.end()).status == "ok"


def test_an_op_of_a_document_that_is_gone_is_not_stuck() -> None:
    story = good()
    story.ask("bob/1", "espresso", "o2")
    story.open("bob/1")
    assert check(story.end()).status == "ok"


def test_a_tab_that_is_gone_is_not_asked() -> None:
    story = good()
    story.ask("bob/1", "espresso", "o2")
    story.show("bob/1", "espresso")
    story.life("bob/1", "closed")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 2)


def test_what_a_profile_that_was_disconnected_holds_back_is_not_stuck() -> None:
    story = good()
    story.ask("bob/1", "espresso", "o2")
    story.show("bob/1", "espresso")
    story.connected("bob/1", "disconnected")
    finding = check(story.end())
    assert (finding.status, finding.exercised) == ("ok", 2)


def test_a_run_that_did_not_settle_though_nothing_is_stuck_is_unknown() -> None:
    finding = check(good().end(reached=False))
    assert finding.status == "unknown"
    assert finding.reason == "the run did not settle within 10000 ms: 1 pending in alice/1"


def test_a_run_that_never_settled_has_no_bound() -> None:
    assert check(good().trace).reason == "the run never settled"


def test_before_the_heal_everything_may_wait() -> None:
    story = good()
    story.fault("f1")
    story.show("alice/1", "latte")
    story.say("driver", Settled(True, 10_000, 50))
    assert check(story.trace).reason == "it was never healed: fault f1 was in force"
    story.say("driver", Heal())
    assert check(story.trace).reason == "it did not settle after it was healed"


def test_what_was_asked_for_after_the_settling_had_no_time() -> None:
    story = good()
    story.end()
    story.ask("alice/1", "latte", "o9")
    assert check(story.trace).reason == "something was asked for after it had settled"


def test_a_frozen_tab_cannot_be_asked() -> None:
    story = good()
    story.life("bob/1", "frozen")
    assert check(story.end()).reason == "bob/1 was frozen at the end"


def test_where_nothing_was_asked_for_it_was_never_exercised() -> None:
    finding = check(Story().end())
    assert finding.status == "unknown"
    assert finding.reason.startswith("never exercised")


def reopen_without_a_subscription(story: Story, tab: str) -> None:
    """Another document, connected and shown, that is never told where its channel stands."""
    read, story.read = story.read, lambda tab, reason: story.show(tab)  # type: ignore[method-assign]
    story.open(tab)
    story.read = read  # type: ignore[method-assign]

"""The script: it pauses, goes on when its own next step is taken by hand, and is left when another is."""

from __future__ import annotations

from syncbed.lab.script import Script
from syncbed.scenario import load

STEPS = load("the-order-is-there-twice").steps
PAUSE = next(step.number for step in STEPS if step.do == "pause")


def at_the_pause() -> Script:
    script = Script(load("the-order-is-there-twice"))
    script.go_on()
    script.position = PAUSE + 1
    script.pause("Press X")
    return script


def test_it_goes_on_when_its_own_next_step_is_taken() -> None:
    script = at_the_pause()
    step = STEPS[PAUSE + 1]
    assert script.took(step.do, {**step.keys, "within_ms": 0})
    assert script.position == PAUSE + 2
    assert not script.off_script


def test_it_is_left_when_another_is() -> None:
    script = at_the_pause()
    assert not script.took("deliver", STEPS[PAUSE + 1].keys)
    assert script.off_script
    assert script.paused is None


def test_what_is_done_while_it_plays_leaves_it_too() -> None:
    script = Script(load("multi-tab"))
    script.go_on()
    assert not script.took("heal", {})
    assert script.off_script


def test_before_it_has_begun_nothing_leaves_it() -> None:
    script = Script(load("multi-tab"))
    assert not script.took("heal", {})
    assert not script.off_script


def test_a_fresh_world_in_which_its_first_steps_were_taken_has_it_where_it_was() -> None:
    script = Script(load("the-order-is-there-twice"))
    script.rejoin([step.to_json() for step in STEPS[:PAUSE]])
    assert script.position == PAUSE
    assert script.paused
    assert not script.off_script


def test_a_fresh_world_in_which_others_were_taken_has_left_it() -> None:
    script = Script(load("the-order-is-there-twice"))
    script.rejoin([{"do": "heal"}])
    assert script.off_script


def test_the_page_is_told_where_it_stands() -> None:
    assert at_the_pause().to_json() == {
        "name": "the-order-is-there-twice",
        "title": "The order is there twice",
        "step": PAUSE + 1,
        "steps": len(STEPS),
        "paused": "Press X",
        "off_script": False,
    }

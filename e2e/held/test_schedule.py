"""A schedule is a run: played again it is the same, and a choice that is not there ends it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.held import play
from e2e.held.conftest import Run
from e2e.held.held_world import HeldWorld
from syncbed.held import DivergedError, advance, deliver, fire, schedule_from_json, schedule_to_json


def test_a_recorded_schedule_played_again_is_the_same_run(held: HeldWorld, run: Run[Any]) -> None:
    first = run(play(held, seed=7))
    assert len(first.choices) >= 20
    again = schedule_from_json(schedule_to_json(first.choices))
    for _ in range(5):
        second = run(play(held, 0, again, first.number))
        assert (second.sequence, second.views) == (first.sequence, first.views)


def test_a_seed_is_a_schedule_and_another_seed_another(held: HeldWorld, run: Run[Any]) -> None:
    assert (
        run(play(held, seed=3)).sequence
        == run(play(held, seed=3)).sequence
        != run(play(held, seed=4)).sequence
    )


def test_a_choice_that_is_not_there_ends_the_replay_with_its_number(held: HeldWorld, run: Run[Any]) -> None:
    there = held.names()
    schedule = [deliver(there[0]), advance(10), deliver("bob/1 /ws/broadcast #9 up 1"), deliver(there[1])]
    with pytest.raises(
        DivergedError, match="diverged at step 2: deliver bob/1 /ws/broadcast #9 up 1 is not there"
    ):
        run(held.held.replay(schedule))
    assert there[1] in held.names(), "it stops there"


def test_a_timer_that_is_not_there_ends_the_replay_too(held: HeldWorld, run: Run[Any]) -> None:
    with pytest.raises(DivergedError, match=r"fire bob/1 nobody\.js nothing #1 is not there"):
        run(held.held.replay([fire("bob/1", "nobody.js nothing #1")]))


def test_what_is_behind_another_frame_cannot_be_chosen(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        await held.act("bob/1", "() => { app.client.subscribe('other', () => {}); }")
        assert "bob/1 /ws/broadcast #1 up 2" in [each.message.name for each in held.wire.in_flight()]
        with pytest.raises(DivergedError):
            await held.held.take(deliver("bob/1 /ws/broadcast #1 up 2"))

    run(scenario())

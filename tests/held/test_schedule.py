"""Schedules as JSON: the steps of a scenario."""

import pytest

from syncbed.held import advance, choice_from_json, deliver, end_after, end_before, fire
from syncbed.held import schedule_from_json as from_json
from syncbed.held import schedule_to_json as to_json
from syncbed.held.schedule import SINGLE_FRAME, Choice
from syncbed.scenario.steps import HELD

CHOICES = [
    deliver("alice/1 /ws #1 up 1"),
    end_before("alice/1 /ws #1 up 2"),
    end_after("bob/1 POST /api/orders mutation 7 #1 down"),
    *(Choice(does, "bob/1 /ws #1 down 3") for does in SINGLE_FRAME),
    advance(250),
    fire("alice/1", "mutations.js awaitEvent #1"),
]


def test_a_schedule_survives_its_json() -> None:
    assert from_json(to_json(CHOICES)) == CHOICES


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_each_choice_is_a_step_of_the_scenario_file(choice: object) -> None:
    (step,) = to_json([choice])  # type: ignore[list-item]
    assert step.keys() - {"do"} <= HELD[str(step["do"])].entries.keys()


@pytest.mark.parametrize("step", [{"do": "hold"}, {"do": "deliver"}, {"do": "advance", "by_ms": "1"}, 7])
def test_what_is_no_choice_is_refused_with_what_is(step: object) -> None:
    with pytest.raises(ValueError, match="is no choice"):
        choice_from_json(step)

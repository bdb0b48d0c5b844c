"""The soak's rounds: the same for a seed, every fault in its turn, every tab writing. The stories of heal."""

from __future__ import annotations

from argparse import Namespace

import pytest

from bench.heal import FAULTS, scenario_of
from bench.kinds import KINDS
from bench.soak_rounds import EPISODES, TABS, round_of
from syncbed.checkers import INVARIANTS


@pytest.mark.parametrize("number", range(5))
def test_a_round_is_the_same_for_a_seed(number: int) -> None:
    once, again = round_of(7, number), round_of(7, number)
    assert once.scenario.raw == again.scenario.raw
    assert (once.kinds, once.dwells) == (again.kinds, again.dwells)
    assert once.scenario.raw != round_of(8, number).scenario.raw


def test_every_fault_has_its_turn() -> None:
    rounds = -(-len(KINDS) // EPISODES)
    healed = {
        kind for number in range(rounds) for kinds in round_of(1, number).kinds.values() for kind in kinds
    }
    assert healed == set(KINDS)


@pytest.mark.parametrize("seed", range(10))
def test_every_tab_writes_and_every_fault_is_healed(seed: int) -> None:
    round_ = round_of(seed, 0)
    steps = round_.scenario.steps
    assert {step["tab"] for step in steps if step.do == "put"} == set(TABS)
    assert [step.number for step in steps if step.do == "heal"] == list(round_.kinds)
    assert set(round_.scenario.judges) <= set(INVARIANTS)


def test_a_planted_bug_is_in_the_same_round() -> None:
    sound, broken = round_of(1, 0).scenario, round_of(1, 0, "resend-as-new").scenario
    assert broken.bug == "resend-as-new"
    assert broken.steps == sound.steps


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_a_story_that_is_told_as_often_as_asked(name: str) -> None:
    scenario, waits = scenario_of(name, FAULTS[name], Namespace(heals=4, outage_ms=50, seed=1))
    does = [step.do for step in scenario.steps]
    assert does.count("heal") == len(waits) == 4
    assert does.count("put") >= 4 * 3
    gone = [step["tab"] for step in scenario.steps if step.do in ("close", "crash", "freeze")]
    assert len(set(gone)) in (0, 2)  # the tab that leads goes, so it is the other one's turn next

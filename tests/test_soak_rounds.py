"""The soak's rounds: the same for a seed, every fault in its turn, every tab writing."""

from __future__ import annotations

import pytest

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

"""A channel's circuit and what waits for it: every pair of the table, and any sequence of what can happen."""

from __future__ import annotations

from collections import deque
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.core.circuit import TRANSITIONS, Circuit, CircuitRules, Lane, State, Step

RULES = CircuitRules(failures_max=5, open_s=30, successes_min=2, queue_max=4, retry_s=0.5)


def circuit_in(state: State) -> Circuit:
    circuit = Circuit(RULES)
    if state != "closed":
        for _ in range(RULES.failures_max):
            circuit.failed(0)
    if state == "half_open":
        circuit.wait_s(RULES.open_s)
    assert circuit.state == state
    return circuit


def take(circuit: Circuit, step: Step) -> None:
    """Whatever in the outside world leads to this step, done until it would have happened."""
    match step:
        case "trip":
            for _ in range(RULES.failures_max):
                circuit.failed(RULES.open_s)
        case "cool":
            circuit.wait_s(RULES.open_s)
        case "heal":
            for _ in range(RULES.successes_min):
                circuit.succeeded()


@pytest.mark.parametrize("step", get_args(Step))
@pytest.mark.parametrize("state", get_args(State))
def test_every_pair_leads_where_the_table_says_or_nowhere(state: State, step: Step) -> None:
    circuit = circuit_in(state)
    take(circuit, step)
    assert circuit.state == TRANSITIONS.get((state, step), state)


def test_a_success_makes_failures_begin_anew() -> None:
    circuit = Circuit(RULES)
    for _ in range(RULES.failures_max - 1):
        circuit.failed(0)
    circuit.succeeded()
    circuit.failed(0)
    assert circuit.state == "closed"
    assert not circuit.pristine


def test_what_was_tried_before_it_opened_and_ends_after_says_nothing_new() -> None:
    circuit = circuit_in("open")
    circuit.failed(29)
    circuit.succeeded()
    assert circuit.wait_s(29) == 1
    assert circuit.wait_s(30) == 0
    assert circuit.state == "half_open"


def test_one_failure_opens_a_half_open_circuit_for_as_long_again() -> None:
    circuit = circuit_in("half_open")
    circuit.succeeded()
    circuit.failed(31)
    assert (circuit.state, circuit.wait_s(60)) == ("open", 1)
    circuit.wait_s(61)
    circuit.succeeded()
    assert circuit.state == "half_open"
    circuit.succeeded()
    assert circuit.pristine


class AnySequence(RuleBasedStateMachine):
    """Messages are offered, tries end in any order, what waits is retried, and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.lane: Lane[int] = Lane(RULES)
        self.now_s = 0.0
        self.number = 0
        self.trying: list[int] = []
        self.waiting: deque[int] = deque()
        self.published: list[int] = []
        self.kept: list[int] = []
        self.opened_s: float | None = None
        self.in_a_row = 0
        self.since_half_open = 0

    def tell(self, *, well: bool) -> None:
        before = self.lane.circuit.state
        if well:
            self.lane.succeeded()
        else:
            self.lane.failed(self.now_s)
        after = self.lane.circuit.state
        if before == "open":
            assert after == "open"  # only time leads out of it
            return
        self.in_a_row = 0 if well else self.in_a_row + 1
        self.since_half_open += well and before == "half_open"
        if before == "closed":
            assert (after == "open") == (self.in_a_row == RULES.failures_max)
        elif well:
            assert (after == "closed") == (self.since_half_open == RULES.successes_min)
        else:
            assert after == "open"
        if after != before:
            self.in_a_row = self.since_half_open = 0
        if after == "open":
            self.opened_s = self.now_s

    @rule()
    def offer(self) -> None:
        self.number += 1
        offer = self.lane.offer(self.number, self.now_s)
        state = self.lane.circuit.state
        if offer == "try":
            assert not self.waiting  # nothing overtakes what waits
            assert state == "closed" or (state == "half_open" and not self.trying)
            self.trying.append(self.number)
        elif offer == "queued":
            self.waiting.append(self.number)
            self.kept.append(self.number)
        else:
            assert len(self.waiting) == RULES.queue_max
        if state == "open":
            assert offer != "try"

    @precondition(lambda self: self.trying)
    @rule(which=st.integers(0, 100), well=st.booleans())
    def first_try_ends(self, which: int, well: bool) -> None:
        message = self.trying.pop(which % len(self.trying))
        self.tell(well=well)
        if not well and self.lane.keep(message) == "queued":
            self.waiting.append(message)
            self.kept.append(message)

    @precondition(lambda self: self.waiting)
    @rule(well=st.booleans())
    def retry(self, well: bool) -> None:
        if self.lane.circuit.wait_s(self.now_s) > 0:
            return
        assert self.lane.circuit.state != "open"
        assert self.lane.retry() == self.waiting[0]
        self.tell(well=well)
        if well:
            self.published.append(self.lane.waiting.popleft())
            self.waiting.popleft()

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 29.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @invariant()
    def an_open_circuit_stays_so_for_its_time(self) -> None:
        if self.opened_s is not None and self.now_s < self.opened_s + RULES.open_s:
            assert self.lane.circuit.state == "open"
            assert self.lane.circuit.wait_s(self.now_s) > 0

    @invariant()
    def what_waits_is_bounded_and_goes_in_order(self) -> None:
        assert list(self.lane.waiting) == list(self.waiting)
        assert len(self.waiting) <= RULES.queue_max
        assert self.published == self.kept[: len(self.published)]

    @invariant()
    def it_is_busy_while_anything_is_under_way(self) -> None:
        assert self.lane.busy == bool(self.waiting or self.trying)


AnySequence.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestAnySequence = AnySequence.TestCase

"""What of a world's judges counts, and where two verdicts differ."""

from __future__ import annotations

from syncbed.lab.free import free_scenario, judges_in_question
from syncbed.lab.judging import Judging, differences, judges_of
from syncbed.trace import Expectation, Fail, Header, Kind, Record, Trace

JUDGES = ("converges", "expectations")


def trace(*what: Kind) -> Trace:
    header = Header(scenario="s", judges=JUDGES)
    return Trace(tuple(Record(i, "bed", i + 1, float(i), each) for i, each in enumerate((header, *what))))


def test_a_script_that_was_left_has_nothing_to_expect() -> None:
    assert judges_of(trace(), JUDGES, on_script=False) == ["converges"]
    assert judges_of(trace(), JUDGES, on_script=True) == list(JUDGES)


def test_what_it_had_looked_at_before_counts_all_the_same() -> None:
    looked = Expectation(3, "converged", met=False)
    assert judges_of(trace(looked), JUDGES, on_script=False) == list(JUDGES)


def test_two_verdicts_differ_where_an_invariant_says_another_thing() -> None:
    bug = {"findings": [{"invariant": "a", "status": "violated"}, {"invariant": "b", "status": "ok"}]}
    fixed = {"findings": [{"invariant": "a", "status": "ok"}, {"invariant": "b", "status": "ok"}]}
    assert differences(bug, fixed) == [{"invariant": "a", "bug": "violated", "fixed": "ok"}]
    assert differences(None, fixed) == []


async def test_where_nobody_can_judge_that_is_the_one_reason() -> None:
    judging = Judging(trace, lambda trace: JUDGES, lambda: None, lambda: "no adapter")
    await judging.now(final=False)
    found = judging.to_json()
    assert found is not None
    assert (found["status"], found["reason"], found["findings"]) == ("unknown", "no adapter", [])


def test_where_nothing_was_refused_no_phantom_is_in_question() -> None:
    base = free_scenario({"alice": 1})
    assert "no_phantom" not in judges_in_question(base, trace().records)
    assert "no_phantom" in judges_in_question(base, trace(Fail("o1", "409")).records)

"""The runner plays what the scenario format has: no step, condition or expectation without its function."""

from __future__ import annotations

from syncbed.drivers.faults import FAULTS
from syncbed.run import expect, expectations
from syncbed.run.refusals import check_driver, refusals
from syncbed.run.steps import STEPS
from syncbed.scenario import CONDITIONS, EXPECTATIONS, gallery, load
from syncbed.scenario import STEPS as FORMAT


def test_every_step_of_the_format_is_played() -> None:
    assert {*STEPS, "expect"} == set(FORMAT)


def test_every_condition_can_be_waited_for() -> None:
    assert set(expectations.CONDITIONS) == set(CONDITIONS)


def test_every_expectation_is_asked_in_one_way() -> None:
    assert {*expectations.EXPECTATIONS, *expect.SPECIAL} == set(EXPECTATIONS)
    assert not set(expectations.EXPECTATIONS) & set(expect.SPECIAL)


def test_every_tab_fault_is_a_step() -> None:
    assert set(FAULTS) <= set(FORMAT)


def test_the_tabs_driver_is_there() -> None:
    check_driver("tabs")


def test_no_scenario_of_the_gallery_is_refused() -> None:
    assert [name for name in gallery() if refusals(load(name))] == []

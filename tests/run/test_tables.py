"""The runner plays what the scenario format has: no step, condition or expectation without its function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from syncbed.drivers import cannot
from syncbed.drivers.chromium_faults import FAULTS
from syncbed.drivers.faults import BY_THE_PAGE
from syncbed.drivers.faults import STEPS as TAB_FAULTS
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


@pytest.mark.parametrize(
    ("faults", "refused"),
    [(FAULTS, cannot.TABS), (BY_THE_PAGE, cannot.PANES)],
    ids=["tabs", "panes"],
)
def test_every_tab_fault_is_done_for_real_or_refused_with_a_reason(
    faults: Mapping[str, Any], refused: Mapping[str, str]
) -> None:
    assert set(TAB_FAULTS) <= set(FORMAT)
    assert sorted([*faults, *refused]) == sorted(TAB_FAULTS)


def test_both_drivers_are_there() -> None:
    for driver in ("tabs", "lab"):
        check_driver(driver)


def test_no_scenario_of_the_gallery_is_refused_in_tabs() -> None:
    assert [name for name in gallery() if refusals(load(name))] == []


def test_what_a_pane_cannot_do_is_told_by_name_with_its_reason() -> None:
    found = {name: refusals(load(name), "lab") for name in gallery()}
    assert found["frozen-tab-returns"] == [f"freeze: {cannot.PANES['freeze']}"]
    needs = {need for name in gallery() if not found[name] for need in load(name).needs}
    assert not needs & set(cannot.PANES)


def test_what_a_strangers_server_cannot_do_is_told_by_name() -> None:
    found = {name for name in gallery() if refusals(load(name), upstreams=1)}
    kills = {name for name in gallery() if "kill_server" in load(name).needs}
    assert kills <= found
    assert "multi-tab" not in found

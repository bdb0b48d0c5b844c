"""The test of the tester: each planted bug is caught by its invariant, and each twin is ok."""

from __future__ import annotations

import pytest

from e2e.driver.conftest import Stage
from syncbed.checkers import exit_code
from syncbed.scenario import gallery, load

WITH_A_BUG = [name for name in gallery() if load(name).bug is not None]
PAGES = {"the adapter": "/static/bed/reference.html", "the demo": "/"}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("name", WITH_A_BUG)
def test_a_planted_bug_is_caught_and_told(stage: Stage, name: str, page: str) -> None:
    scenario = load(name)
    played = stage.play(scenario, adapter=page)
    assert exit_code(played.outcome.verdict, scenario.expected, scenario.violates) == 0, played.reason
    [found] = [each for each in played.outcome.verdict.judged() if each.status == "violated"]
    assert found.witness


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("name", WITH_A_BUG)
def test_without_its_bug_the_same_scenario_is_ok(stage: Stage, name: str, page: str) -> None:
    played = stage.play(load(name).fixed(), adapter=page)
    assert played.verdict == "ok", played.reason


def test_the_witness_of_the_order_that_is_there_twice_tells_the_whole_story(stage: Stage) -> None:
    played = stage.play(load("the-order-is-there-twice"))
    [found] = [each for each in played.outcome.verdict.judged() if each.status == "violated"]
    told = [line.partition(": ")[2] for line in found.told()]
    for words in ("was asked to put", "sent POST m1", "was lost", "sent POST m2"):
        assert any(words in line for line in told), told
    assert sum("the server committed" in line for line in told) == 2

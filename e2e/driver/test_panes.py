"""The driver `panes`: the same scenario in frames of a page as in tabs of a browser."""

from __future__ import annotations

import pytest

from e2e.driver.conftest import Played, Stage
from e2e.driver.lab_page import LabPage
from syncbed.scenario import load
from syncbed.trace import Invoke, Snapshot

SAME = [
    "multi-tab",
    "single-client-mutation",
    "multi-client",
    "answer-lost-write-committed",
    "reload-in-mid-push",
    "held-race",
]


def ops(played: Played) -> dict[str, tuple[str, str, str, str]]:
    return {
        name: (op.invoke.what.tab, op.invoke.what.act, op.invoke.what.key, op.status)
        for name, op in played.trace.ops.items()
    }


def final_views(played: Played) -> dict[str, list[tuple[str, str]]]:
    found = {}
    for tab in played.trace.open_tabs():
        view = played.trace.final_view(tab)
        assert view is not None, tab
        found[tab] = sorted((item["id"], item["title"]) for item in view.what.items)
    return found


@pytest.mark.parametrize("name", SAME)
def test_a_scenario_gives_the_same_ops_and_final_views_in_panes_and_in_tabs(
    stage: Stage, lab: LabPage, name: str
) -> None:
    in_tabs = stage.play(load(name))
    in_panes = stage.play(load(name), make=lab.maker())
    assert in_panes.verdict == in_tabs.verdict == load(name).expected, in_panes.reason + in_tabs.reason
    assert ops(in_panes) == ops(in_tabs)
    assert final_views(in_panes) == final_views(in_tabs)
    assert in_panes.trace.all(Invoke)
    assert in_panes.trace.all(Snapshot)
    assert in_panes.trace.header.driver == "panes"

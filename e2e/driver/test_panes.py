"""The driver `panes`: the same scenario in frames of a page as in tabs of a browser."""

from __future__ import annotations

import pytest

from e2e.driver.conftest import LEAST, Played, Stage
from e2e.driver.lab_page import LabPage
from syncbed.scenario import load, parse_scenario
from syncbed.trace import Choice, Invoke, Snapshot

SAME = [
    "multi-tab",
    "single-client-mutation",
    "multi-client",
    "answer-lost-write-committed",
    "the-order-is-there-twice",
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


def test_what_is_held_from_the_start_is_chosen_in_the_same_order_in_panes_and_in_tabs(
    stage: Stage, lab: LabPage
) -> None:
    put = {"do": "put", "key": "latte", "title": "latte"}
    steps = [
        {"do": "deliver_by_seed"},
        {**put, "tab": "alice/1"},
        {**put, "tab": "bob/1", "key": "mocha"},
        {"do": "deliver_by_seed"},
        {"do": "advance", "by_ms": 1000},
        {"do": "go"},
    ]
    raw = {**LEAST, "mode": "held", "needs": ["hold"], "profiles": {"alice": {}, "bob": {}}, "steps": steps}
    in_tabs, in_panes = stage.play(parse_scenario(raw)), stage.play(parse_scenario(raw), make=lab.maker())
    assert in_panes.verdict == in_tabs.verdict == "ok", in_panes.reason + in_tabs.reason
    chosen = [
        [(choice.what.does, choice.what.what) for choice in played.trace.all(Choice)]
        for played in (in_tabs, in_panes)
    ]
    assert len(chosen[0]) > 10
    assert chosen[0] == chosen[1]

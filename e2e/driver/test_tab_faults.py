"""What is done to a tab really happens to it, and the trace can tell from the page's own words."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.driver.conftest import Played, Stage
from syncbed.run.probes import BACK, TABS, tabs_probe
from syncbed.trace import Info, Kind, Record, State, TabLife, View

FAULTS = [step["do"] for step in TABS if step["do"] not in BACK]


@pytest.fixture(scope="module")
def probed(stage: Stage) -> Played:
    """Every tab fault once, in one run: each profile is a browser process here."""
    return stage.play(tabs_probe())


@pytest.mark.parametrize("fault", FAULTS)
def test_it_leaves_a_receipt(probed: Played, fault: str) -> None:
    stem = fault.replace("_", "-")
    [evidence] = [text for name, text in probed.receipts().items() if name.startswith(stem)]
    assert evidence


def test_nothing_was_left_undone(probed: Played) -> None:
    assert probed.outcome.verdict.doubts == ()


def test_a_frozen_tab_comes_back_with_a_new_socket(probed: Played) -> None:
    lives = lives_of(probed, "alice/1")
    assert [did for did in lives if did in ("frozen", "thawed")] == ["frozen", "thawed"]
    frozen = next(record for record in probed.trace.all(TabLife) if record.what.did == "frozen")
    states = [record.what.state for record in of_tab(probed, State, "alice/1") if record.i > frozen.i]
    assert states[:2] == ["reconnecting", "connected"]


def test_a_reload_gives_the_tab_a_document_that_counts_anew(probed: Played) -> None:
    sources = {record.source: record.n for record in reversed(of_tab(probed, View, "alice/1"))}
    assert sources.keys() == {"tab alice/1", "tab alice/1#2"}


def test_what_was_under_way_when_a_tab_is_reloaded_may_have_happened(stage: Stage) -> None:
    posts = {"stage": "request", "method": "POST"}
    hanging = {"id": "hanging", "match": posts, "fault": {"kind": "half_open"}}
    played = stage.play(
        {
            "needs": ["half_open", "reload", "crash"],
            "profiles": {"alice": {"tabs": 2}},
            "steps": [
                {"do": "add_rule", "rule": hanging},
                {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "id": "first"},
                {"do": "put", "tab": "alice/2", "key": "mocha", "title": "mocha", "id": "second"},
                {"do": "reload", "tab": "alice/1"},
                {"do": "crash", "tab": "alice/2"},
            ],
        }
    )
    infos = {record.what.op: record.what.reason for record in played.trace.all(Info)}
    assert infos == {"first": "the tab was reloaded", "second": "the tab was crashed"}


def test_a_fault_without_an_effect_makes_the_run_unknown(stage: Stage) -> None:
    """Page.setWebLifecycleState does nothing in a tab that looks focused, and says that it did."""
    frozen = {"do": "freeze", "tab": "alice/1"}
    played = stage.play({"needs": ["freeze"], "steps": [frozen]}, own_processes=False)
    assert played.verdict == "unknown"
    assert "fault had no effect" in played.reason


def lives_of(played: Played, tab: str) -> list[str]:
    return [record.what.did for record in played.trace.all(TabLife) if record.what.tab == tab]


def of_tab(played: Played, kind: type[Kind], tab: str) -> list[Record[Any]]:
    return [record for record in played.trace.all(kind) if record.what.tab == tab]  # type: ignore[attr-defined]

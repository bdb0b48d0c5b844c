"""Every scenario of the gallery: opened by its link, played in panes, and its diagram says what was done."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from e2e.lab.lab import SLOWLY_MS, LabPage, LabProcess
from syncbed.drivers.cannot import PANES
from syncbed.scenario import Scenario, gallery, load
from syncbed.scenario.link import to_link

PLAY_MS = 90_000
SCENARIOS = {name: load(name) for name in gallery()}
IN_PANES = [name for name, scenario in SCENARIOS.items() if not set(scenario.needs) & set(PANES)]


def expected_in(scenario: Scenario) -> list[str]:
    """What a reader looks for in the picture of the whole run: each write that is made once, by its title."""
    steps = scenario.raw["steps"]
    titles = [
        step["title"]
        for step in steps
        if step["do"] == "put" and step.get("times", 1) == 1 and "title" in step
    ]
    return list(dict.fromkeys(titles))


def open_link(lab: LabPage, process: LabProcess, raw: Any) -> None:
    lab.page.goto(f"{process.origin}/#{to_link(raw)}")
    lab.page.reload()
    lab.page.get_by_role("button", name="run it").click()


@pytest.mark.parametrize("name", IN_PANES)
def test_scenario(lab: LabPage, lab_process: LabProcess, name: str) -> None:
    scenario = SCENARIOS[name]
    open_link(lab, lab_process, scenario.raw)
    steps = len(scenario.raw["steps"])
    played = re.compile(f"step {steps} of {steps}")
    play = lab.page.get_by_role("button", name="play on")
    for _ in [step for step in scenario.raw["steps"] if step["do"] == "pause"]:
        expect(lab.page.locator("#script")).to_have_attribute("data-paused", "true", timeout=PLAY_MS)
        play.click()
    expect(lab.page.locator("#script")).to_contain_text(played, timeout=PLAY_MS)
    expect(lab.verdict).to_have_text(scenario.expected, timeout=PLAY_MS)
    picture = lab.saved("as SVG")
    assert "<svg" in picture
    if scenario.expected == "ok":
        assert not [text for text in expected_in(scenario) if text not in picture]
    else:
        assert picture.count("<text") > 2, "the picture is that of the witness"


@pytest.mark.parametrize("name", sorted(set(SCENARIOS) - set(IN_PANES)))
def test_what_panes_cannot_play_is_named_with_its_reason(lab: LabPage, name: str) -> None:
    scenario = SCENARIOS[name]
    lab.page.locator("#gallery").click()
    card = lab.page.locator(f'.scenario[data-name="{name}"]')
    for need in set(scenario.needs) & set(PANES):
        expect(card).to_contain_text(f"Not in panes: {need}: {PANES[need]}")


def test_the_cards_say_what_each_needs_and_which_show_a_bug(lab: LabPage) -> None:
    lab.page.locator("#gallery").click()
    dialog = lab.page.get_by_role("dialog", name="Gallery")
    expect(dialog.locator(".scenario")).to_have_count(len(SCENARIOS), timeout=SLOWLY_MS)
    bugs = [scenario.bug for scenario in SCENARIOS.values() if scenario.bug]
    expect(dialog.locator('.scenario[data-bug="true"] .bug code')).to_have_count(len(bugs))
    dialog.get_by_role("searchbox").fill("redis")
    expect(dialog.locator(".scenario")).to_have_count(
        len(
            [
                1
                for name, scenario in SCENARIOS.items()
                if "redis" in f"{name} {scenario.title} {scenario.about} {scenario.needs}".lower()
            ]
        )
    )

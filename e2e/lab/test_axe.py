"""The page for those who do not see it, or not well: axe finds nothing, in both themes, whatever is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from e2e.lab.lab import LabPage


def complaints(lab: LabPage) -> list[Any]:
    # The panes are other pages, which have tests of their own.
    found = Axe().run(lab.page, options={"iframes": False}).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(open_lab: Callable[..., LabPage], theme: str) -> None:
    lab = open_lab(color_scheme=theme)
    lab.fresh()
    assert complaints(lab) == []
    lab.order("alice/1", "1 × tea")
    expect(lab.cells("1 × tea").last).to_have_text("v1")
    lab.press("Escape")
    lab.press("Space")
    lab.is_held()
    lab.order("alice/1", "2 × flat white")
    expect(lab.card("POST m2")).to_have_count(1)
    lab.press("Escape")
    lab.page.get_by_role("button", name="Faults").click()
    lab.unfold_timers()
    lab.page.get_by_role("button", name="503", exact=True).click()
    expect(lab.page.locator("#faults-in-force > li")).to_have_count(1)
    lab.press("k", "k")
    expect(lab.inspector).to_be_visible()
    assert complaints(lab) == []
    for key, opened in (("g", "Gallery"), ("?", "Keys"), ("/", "Commands")):
        lab.press(key)
        expect(lab.page.get_by_role("dialog", name=opened)).to_be_visible()
        assert complaints(lab) == [], opened
        lab.press("Escape")
    lab.page.locator("#more").click()
    assert complaints(lab) == []

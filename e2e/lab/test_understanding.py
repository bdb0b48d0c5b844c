"""Reading a run: the cursor, what was recorded, what is because, the table, and running again to a place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from e2e.lab.lab import SLOWLY_MS, LabPage

TITLE = "The order is there twice"


@pytest.fixture
def twice(lab: LabPage) -> LabPage:
    """The gallery's first bug, played to its end."""
    lab.page.locator("#gallery").click()
    lab.page.get_by_role("button", name=f"open {TITLE}", exact=True).click()
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)
    lab.press("x")
    expect(lab.verdict).to_have_text("violated", timeout=SLOWLY_MS)
    return lab


def test_a_violation_is_walked_through_and_run_again_to_there(twice: LabPage) -> None:
    lab = twice
    lab.press("]")
    expect(lab.inspector).to_contain_text("was asked to put")
    expect(lab.where).to_have_text(re.compile(r"record (\d+) of (\d+), the tabs are at \2"))
    expect(lab.pane("bob/1").locator(".recorded")).to_contain_text("recorded, #")
    expect(lab.pane("bob/1").locator(".recorded li")).to_have_count(1)
    lab.press("]")
    expect(lab.inspector).to_contain_text("because of")
    first = lab.inspector.get_by_role("button", name="go to record").first
    number = (first.text_content() or "").removeprefix("#")
    first.click()
    expect(lab.inspector.locator(".told")).to_contain_text(f"#{number}")
    lab.page.get_by_role("button", name="run again to here").click()
    lab.is_held()
    expect(lab.where).to_contain_text("live", timeout=SLOWLY_MS)
    expect(lab.items("alice/1").filter(has_text="2 × flat white")).to_have_count(1)


def test_the_table_marks_what_is_there_twice(twice: LabPage) -> None:
    for cell in twice.cells("2 × flat white").all():
        expect(cell).to_have_attribute("data-differs", "true")
    twice.page.locator("#cursor").focus()
    twice.press("Home")
    expect(twice.page.locator("#convergence")).to_contain_text("No tab shows an item yet")
    twice.press("l")
    expect(twice.where).to_contain_text("live")
    expect(twice.cells("2 × flat white").last).to_contain_text("×2")


def test_the_invariants_say_what_was_not_exercised(lab: LabPage) -> None:
    row = lab.page.locator(".invariants").get_by_role("row", name="no duplicate")
    expect(row).to_contain_text("not exercised")


def test_the_cursor_goes_from_event_to_event_and_back_to_live(lab: LabPage) -> None:
    lab.press("k")
    expect(lab.inspector).to_be_visible()
    expect(lab.page.locator("body")).to_have_class(re.compile("scrubbing"))
    before = lab.where.text_content()
    lab.press("k")
    expect(lab.where).not_to_have_text(before or "")
    lab.press("j")
    expect(lab.where).to_have_text(before or "")
    lab.press("l")
    expect(lab.page.locator("#back-to-live")).to_be_hidden()


def test_a_selection_ends_with_escape_by_going_live_and_by_scrubbing(lab: LabPage) -> None:
    def is_clear() -> None:
        expect(lab.page.locator("#inspector-section")).to_be_hidden()
        expect(lit).to_have_count(0)

    marks = (".sd-selected", ".sd-past", ".sd-future", ".sd-after", ".sd-dim")
    lit = lab.page.locator("#diagram").locator(", ".join(marks))
    lab.press("k", "k")
    expect(lab.inspector).to_be_visible()
    expect(lit).not_to_have_count(0)
    lab.press("Escape")
    is_clear()
    expect(lab.page.locator("body")).to_have_class(re.compile("scrubbing"))
    lab.press("k")
    expect(lab.inspector).to_be_visible()
    lab.press("l")
    is_clear()
    lab.press("k")
    expect(lab.inspector).to_be_visible()
    lab.page.locator("#cursor").focus()
    lab.press("ArrowLeft")
    is_clear()


def test_a_filter_leaves_out_the_other_tabs(lab: LabPage) -> None:
    lab.order("alice/1", "1 × tea")
    lab.order("bob/1", "1 × milk")
    expect(lab.cells("1 × tea").last).to_have_text("v1")
    expect(lab.cells("1 × milk").last).to_have_text("v1")
    lab.page.get_by_label("filter by tab").select_option("bob/1")
    picture = lab.saved("as SVG")
    assert "1 × milk" in picture
    assert "create “1 × tea”" not in picture


def test_the_axis_turns_to_time(lab: LabPage) -> None:
    lab.press("t")
    expect(lab.page.locator("#axis")).to_contain_text("time")
    lab.page.locator("#axis").click()
    expect(lab.page.locator("#axis")).to_contain_text("order")


def test_markup_in_a_title_is_text_everywhere(lab: LabPage) -> None:
    title = "<img src=x onerror=alert(1)>"
    lab.order("alice/1", title)
    expect(lab.cells(title).last).to_have_text("v1")
    lab.press("k", "k", "k")
    expect(lab.page.locator("img")).to_have_count(0)

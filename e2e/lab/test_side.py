"""The right edge: what one needs next is in sight, on a small screen too."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.lab.lab import SLOWLY_MS, LabPage

SMALL = {"width": 1280, "height": 800}
ORDER = "2 × flat white"


def test_the_answer_is_in_sight_after_the_key_that_shows_the_bug(lab: LabPage) -> None:
    lab.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    lab.page.locator("#gallery").click()
    lab.page.get_by_role("button", name="open The order is there twice", exact=True).click()
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)
    lab.press("x")
    expect(lab.verdict).to_have_text("violated", timeout=SLOWLY_MS)
    expect(lab.page.locator("#verdict .witness")).to_be_in_viewport()
    for cell in lab.cells(ORDER).all():
        expect(cell).to_be_in_viewport(ratio=0.9)
        expect(cell).to_have_attribute("data-differs", "true")
    expect(lab.page.locator("#faults-offered")).to_be_hidden()


def test_with_four_tabs_held_the_inspector_and_the_servers_column_are_in_sight(lab: LabPage) -> None:
    lab.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    for profile in ("alice", "bob"):
        lab.page.get_by_role("button", name=f"open another tab of {profile}").click()
    tabs = ("alice/1", "alice/2", "bob/1", "bob/2")
    lab.is_ready(*tabs)
    lab.order("alice/1", ORDER)
    expect(lab.cells(ORDER).last).to_have_text("v1")
    lab.hold.click()
    lab.is_held()
    for tab in tabs[::2]:
        lab.order(tab, "1 × tea")
    expect(lab.card("POST m")).to_have_count(2)
    expect(lab.cells(ORDER).last).to_be_in_viewport(ratio=0.9)
    lab.press("Escape", "k", "k")
    expect(lab.inspector.locator(".told")).to_be_in_viewport(ratio=0.9)
    expect(lab.cells(ORDER).last).to_be_in_viewport(ratio=0.9)


def test_faults_fold_while_held_and_open_when_asked(lab: LabPage) -> None:
    offered = lab.page.locator("#faults-offered")
    fold = lab.page.get_by_role("button", name="Faults")
    expect(offered).to_be_visible()
    lab.press("Space")
    lab.is_held()
    expect(offered).to_be_hidden()
    fold.click()
    expect(offered).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "true")
    lab.press("Space")
    lab.is_held(False)
    expect(offered).to_be_visible()


def test_while_scrubbing_no_filter_is_hidden_and_the_cursors_line_does_not_grow(lab: LabPage) -> None:
    lab.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    scrubber = lab.page.locator(".scrubber")
    before = scrubber.bounding_box()
    lab.press("k")
    expect(lab.where).to_contain_text("the tabs are at")
    for part in (*lab.page.locator("#filters > *").all(), lab.page.locator("#back-to-live")):
        expect(part).to_be_in_viewport(ratio=0.95)
    assert scrubber.bounding_box() == before

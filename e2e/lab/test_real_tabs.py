"""A scenario in real Chromium tabs, into the same diagram; and what is left of it when they are closed."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.lab.lab import SLOWLY_MS, LabPage

TITLE = "The order is there twice"


def test_real_tabs_play_the_same_and_what_they_showed_stays(lab: LabPage) -> None:
    lab.page.locator("#gallery").click()
    lab.page.get_by_role("button", name=f"open {TITLE} without playing it").click()
    expect(lab.page.locator("#bug")).to_contain_text("resend-as-new", timeout=SLOWLY_MS)
    names = lab.page.locator(".pane h2")
    expect(names).to_have_text(["alice · 1", "bob · 1"])
    lab.command("run in real tabs, headless")
    expect(lab.page.locator("#script")).to_contain_text("in real tabs", timeout=SLOWLY_MS)
    expect(lab.verdict).to_have_text("violated", timeout=3 * SLOWLY_MS)
    expect(lab.page.locator("#busy")).to_be_empty(timeout=SLOWLY_MS)
    expect(names).to_have_text(["alice · 1", "bob · 1"])
    for tab in ("alice/1", "bob/1"):
        shown = lab.pane(tab).locator(".recorded li")
        expect(shown.filter(has_text="2 × flat white")).to_have_count(2)
    for cell in lab.cells("2 × flat white").all():
        expect(cell).to_contain_text("v1 ×2")
    lab.page.get_by_role("button", name="Faults").click()
    for name in ("settle and judge", "+ profile", "open another tab of alice", "503"):
        ended = lab.page.get_by_role("button", name=name, exact=True)
        expect(ended).to_be_disabled()
        expect(ended).to_have_attribute("title", "this run in real tabs has ended; reset, or open a scenario")
    lab.command("leave the script")
    lab.is_ready()
    expect(lab.page.get_by_role("button", name="settle and judge")).to_be_enabled()

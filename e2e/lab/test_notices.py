"""Notices: what is worth knowing goes by itself, unless somebody is at it; what went wrong stays."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.lab.lab import LabPage

LONG_MS = 16_000


def test_a_notice_goes_by_itself_an_error_stays(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="freeze", exact=True).click()
    lab.page.get_by_role("button", name="link", exact=True).click()
    cards = lab.notices.locator(".notice")
    copied = cards.filter(has_text="Link copied")
    expect(copied).to_have_count(1)
    expect(copied).to_have_count(0, timeout=LONG_MS)
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("freez")


def test_a_notice_does_not_go_under_the_pointer(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="link", exact=True).click()
    copied = lab.notices.locator(".notice").filter(has_text="Link copied")
    # Another, shown later and for as long, has come and gone meanwhile.
    lab.command("record what I do")
    lab.command("record what I do")
    recorded = lab.notices.locator(".notice").filter(has_text="is a scenario now")
    expect(recorded).to_have_count(1)
    copied.hover()
    expect(recorded).to_have_count(0, timeout=LONG_MS)
    expect(copied).to_have_count(1)
    lab.page.mouse.move(600, 20)
    expect(copied).to_have_count(0, timeout=LONG_MS)


def test_a_fresh_world_clears_what_was_said_of_the_old_one(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="link", exact=True).click()
    copied = lab.notices.locator(".notice").filter(has_text="Link copied")
    copied.hover()
    lab.command("reset: a fresh world")
    expect(copied).to_have_count(0)

"""Notices: what is worth knowing goes by itself, unless somebody is at it; what went wrong stays."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.lab.lab import LabPage

LASTS_MS = 10_000
FADES_MS = 300


def time_passes(lab: LabPage) -> None:
    """So much that a card goes, and has faded."""
    lab.page.clock.fast_forward(LASTS_MS)
    lab.page.clock.fast_forward(FADES_MS)


def test_a_notice_goes_by_itself_an_error_stays(lab: LabPage) -> None:
    lab.page.clock.install()
    lab.page.get_by_role("button", name="freeze", exact=True).click()
    lab.page.get_by_role("button", name="link", exact=True).click()
    cards = lab.notices.locator(".notice")
    copied = cards.filter(has_text="Link copied")
    expect(copied).to_have_count(1)
    time_passes(lab)
    expect(copied).to_have_count(0)
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("freez")


def test_a_notice_does_not_go_under_the_pointer(lab: LabPage) -> None:
    lab.page.clock.install()
    lab.page.get_by_role("button", name="link", exact=True).click()
    copied = lab.notices.locator(".notice").filter(has_text="Link copied")
    copied.hover()
    time_passes(lab)
    time_passes(lab)
    expect(copied).to_have_count(1)
    lab.page.mouse.move(600, 20)
    time_passes(lab)
    expect(copied).to_have_count(0)


def test_a_fresh_world_clears_what_was_said_of_the_old_one(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="link", exact=True).click()
    copied = lab.notices.locator(".notice").filter(has_text="Link copied")
    copied.hover()
    lab.command("reset: a fresh world")
    expect(copied).to_have_count(0)

"""Panes: live pages that the lab never loads anew by itself, each over its lane, with buttons of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Frame, expect

from e2e.lab.lab import SLOWLY_MS, LabPage, LabProcess

MARK = "() => { globalThis.sameDocument = true }"
IS_MARKED = "() => globalThis.sameDocument === true"


def frame(lab: LabPage, tab: str) -> Frame:
    found = lab.page.frame(name=tab)
    assert found is not None
    return found


def test_a_tab_is_added_beside_its_profile_and_the_others_stay_as_they_are(lab: LabPage) -> None:
    for tab in ("alice/1", "bob/1"):
        frame(lab, tab).evaluate(MARK)
    lab.page.get_by_role("button", name="open another tab of alice").click()
    lab.is_ready("alice/1", "alice/2", "bob/1")
    expect(lab.page.locator(".pane h2")).to_have_text(["alice · 1", "alice · 2", "bob · 1"])
    lab.page.get_by_role("button", name="+ profile").click()
    expect(lab.page.locator(".pane h2")).to_have_text(["alice · 1", "alice · 2", "bob · 1", "carol · 1"])
    lab.is_ready("carol/1")
    assert all(frame(lab, tab).evaluate(IS_MARKED) for tab in ("alice/1", "bob/1"))
    assert lab.page.evaluate(
        "document.querySelector('#lanes').scrollWidth <= document.querySelector('#stage').clientWidth"
    )


def test_heads_stand_over_their_lanes(lab: LabPage) -> None:
    middles = lab.page.evaluate(
        """() => {
            const from = document.querySelector('.sd-scroller').getBoundingClientRect().x;
            const heads = [...document.querySelectorAll('.pane, .server')];
            const boxes = heads.map((head) => head.getBoundingClientRect());
            return boxes.map(({ x, width }) => Math.round(x + width / 2 - from));
        }"""
    )
    lines = lab.page.evaluate(
        """() => [...document.querySelectorAll('.sd-scroller .sd-life')]
            .map((line) => Math.round(line.getBBox().x))"""
    )
    assert middles == lines


def test_reload_gives_a_new_document_and_close_keeps_the_lane(lab: LabPage) -> None:
    frame(lab, "bob/1").evaluate(MARK)
    lab.pane("bob/1").get_by_role("button", name="reload").click()
    expect(lab.inside("bob/1").get_by_test_id("connection")).to_have_text("connected", timeout=SLOWLY_MS)
    lab.is_ready("bob/1")
    assert not frame(lab, "bob/1").evaluate(IS_MARKED)
    lab.pane("bob/1").get_by_role("button", name="close").click()
    expect(lab.pane("bob/1")).to_have_attribute("data-kind", "closed")
    expect(lab.page.locator('iframe[name="bob/1"]')).to_have_count(0)


def test_offline_is_a_switch(lab: LabPage) -> None:
    offline = lab.pane("alice/1").get_by_role("button", name="cut the network of")
    offline.click()
    expect(offline).to_have_attribute("aria-pressed", "true")
    expect(lab.pane("alice/1").locator(".state")).to_have_text("reconnecting")
    offline.click()
    expect(offline).to_have_attribute("aria-pressed", "false")
    lab.is_ready("alice/1")


def test_a_popped_out_tab_is_a_window_and_its_head_says_so(lab: LabPage) -> None:
    with lab.page.context.expect_page() as opened:
        lab.pane("alice/1").get_by_role("button", name="open in a window").click()
    window = opened.value
    expect(lab.pane("alice/1")).to_have_attribute("data-kind", "window", timeout=SLOWLY_MS)
    expect(lab.pane("alice/1")).to_contain_text("window of its own")
    lab.is_ready("alice/1")
    expect(window.get_by_test_id("connection")).to_have_text("connected", timeout=SLOWLY_MS)
    window.get_by_test_id("new-title").fill("1 × tea")
    window.get_by_test_id("add").click()
    expect(lab.items("bob/1").filter(has_text="1 × tea")).to_have_count(1, timeout=SLOWLY_MS)
    shown = lab.pane("alice/1").locator(".recorded li")
    expect(shown).to_have_text(["1 × teav1"])
    window.close()
    expect(lab.pane("alice/1").locator(".state")).not_to_have_text("connected")
    expect(shown).to_have_text(["1 × teav1"])


def test_a_fresh_world_has_its_lanes_in_the_order_of_its_profiles(
    new_context: Callable[..., BrowserContext],
) -> None:
    with LabProcess() as process:
        page = new_context().new_page()
        page.goto(process.url)
        lab = LabPage(page)
        lab.is_ready()
        for _ in range(2):
            lab.fresh()
            expect(page.locator(".pane h2")).to_have_text(["alice · 1", "bob · 1"])


def test_closing_and_opening_tabs_moves_no_other_lane(lab: LabPage) -> None:
    names = lab.page.locator(".pane h2")
    lab.pane("alice/1").get_by_role("button", name="close").click()
    expect(lab.pane("alice/1")).to_have_attribute("data-kind", "closed")
    expect(names).to_have_text(["alice · 1", "bob · 1"])
    lab.page.get_by_role("button", name="+ profile").click()
    expect(names).to_have_text(["alice · 1", "bob · 1", "carol · 1"])
    lab.page.get_by_role("button", name="open another tab of alice").click()
    expect(lab.pane("alice/1")).to_have_attribute("data-kind", "pane")
    expect(names).to_have_text(["alice · 1", "bob · 1", "carol · 1"])


def test_a_server_is_killed_and_started(lab: LabPage) -> None:
    head = lab.server("server a")
    expect(head).to_contain_text("up")
    head.get_by_role("button", name="kill server a").click()
    expect(head).to_contain_text("down", timeout=SLOWLY_MS)
    expect(lab.pane("alice/1").locator(".state")).to_have_text(re.compile("reconnecting|disconnected"))
    head.get_by_role("button", name="start server a").click()
    expect(head).to_contain_text("up", timeout=SLOWLY_MS)
    lab.is_ready()


def test_keys_inside_a_pane_are_the_pages_until_escape(lab: LabPage) -> None:
    field = lab.inside("alice/1").get_by_test_id("new-title")
    field.click()
    expect(lab.pane("alice/1").get_by_text("Esc leaves it")).to_be_visible()
    field.press_sequentially("s x ?/")
    expect(field).to_have_value("s x ?/")
    lab.is_held(False)
    lab.press("Escape")
    expect(lab.pane("alice/1")).to_be_focused()
    expect(lab.pane("alice/1").get_by_text("Esc leaves it")).to_be_hidden()
    lab.press("Space")
    lab.is_held()

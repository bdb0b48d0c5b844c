"""Holding the network, and deciding message by message: by mouse, by keys, and with faults."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e.lab.lab import SLOWLY_MS, LabPage

ORDER = "2 × flat white"


def test_a_held_order_arrives_when_it_is_delivered(lab: LabPage) -> None:
    lab.hold.click()
    lab.is_held()
    lab.order("alice/1", ORDER)
    expect(lab.items("alice/1").filter(has_text=ORDER)).to_contain_text("pending")
    request = lab.card("POST m1")
    expect(request).to_contain_text("alice · 1 → server a")
    request.get_by_role("button", name="deliver").click()
    expect(lab.card("201 Created m1")).to_contain_text("server a → alice · 1")
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(0)
    lab.hold.click()
    lab.is_held(False)
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(1)
    expect(lab.cells(ORDER).last).to_have_text("v1")


def test_the_same_by_keyboard_alone(lab: LabPage) -> None:
    lab.press("Space")
    lab.is_held()
    lab.pane("alice/1").focus()
    lab.press("Tab")
    lab.inside("alice/1").get_by_test_id("new-title").press_sequentially(ORDER)
    lab.press("Enter")
    expect(lab.card("POST m1")).to_have_attribute("aria-current", "true")
    lab.press("Escape")
    expect(lab.pane("alice/1")).to_be_focused()
    lab.press("Enter")
    expect(lab.card("201 Created m1")).to_have_count(1)
    # S takes the first, whatever it is, until nothing of the order is in flight.
    for _ in range(4):
        lab.press("s")
        if lab.cards.locator("visible=true").filter(has_text="deliver").count() == 0:
            break
    lab.press("Space")
    lab.is_held(False)
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(1)


def test_the_arrows_choose_and_x_cuts_the_chosen_one(lab: LabPage) -> None:
    lab.press("Space")
    lab.is_held()
    lab.order("alice/1", ORDER)
    lab.order("bob/1", "1 × tea")
    expect(lab.card("POST m1")).to_have_count(2)
    lab.cards.first.focus()
    lab.press("ArrowDown")
    expect(lab.cards.nth(1)).to_be_focused()
    expect(lab.cards.nth(1)).to_have_attribute("aria-current", "true")
    chosen = lab.cards.nth(1).get_attribute("title") or ""
    lab.press("x")
    expect(lab.page.locator(f'#in-flight > li[title="{chosen}"]')).to_have_count(0)
    expect(lab.cards.first).to_contain_text("POST m1")


def test_a_timer_of_a_page_is_fired_and_time_moves_only_when_asked(lab: LabPage) -> None:
    lab.press("Space")
    lab.is_held()
    timer = lab.cards.filter(has_text="alice · 1 · pulse.js").first
    expect(timer).to_contain_text("due in 15 s")
    lab.press("a")
    expect(timer).to_contain_text("due in 14 s")
    lab.page.locator("#stretch").click()
    lab.page.get_by_role("menuitem", name="by 5 s").click()
    expect(timer).to_contain_text("due in 9 s")
    timer.get_by_role("button", name="fire").click()
    expect(timer.filter(has_text="due in 9 s")).to_have_count(0)


def test_what_is_impossible_on_tcp_says_so(lab: LabPage) -> None:
    lab.press("Space")
    lab.is_held()
    lab.order("alice/1", ORDER)
    more = lab.card("POST m1").get_by_role("button", name="drop, duplicate, reorder")
    more.click()
    for name in ("drop", "duplicate", "after the next one"):
        expect(lab.page.get_by_role("menuitem", name=name)).to_contain_text("impossible on TCP")
    lab.press("Escape")
    expect(more).to_be_focused()


def test_a_fault_is_one_click_says_that_it_acted_and_is_lifted(lab: LabPage) -> None:
    lab.page.get_by_label("whom a fault is done to").select_option("alice/1")
    lab.page.get_by_role("button", name="503", exact=True).click()
    force = lab.page.locator("#faults-in-force > li")
    expect(force).to_contain_text("alice/1")
    expect(force).to_contain_text("not yet acted")
    lab.order("alice/1", ORDER)
    expect(force).to_contain_text("acted 1×")
    force.get_by_role("button", name="lift").click()
    expect(force).to_have_count(0)
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(1, timeout=SLOWLY_MS)


def test_what_a_pane_cannot_do_is_refused_by_name(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="freeze", exact=True).click()
    expect(lab.notices).to_contain_text("freez")
    lab.notices.get_by_role("button", name="dismiss").click()
    expect(lab.notices).to_be_empty()


def test_a_card_that_is_not_current_takes_a_click_on_its_last_button(lab: LabPage) -> None:
    lab.press("Space")
    lab.is_held()
    lab.order("alice/1", ORDER)
    lab.order("bob/1", "1 × tea")
    expect(lab.card("POST m1")).to_have_count(2)
    other = lab.page.locator('#in-flight > li:not([data-current]):has-text("POST m1")')
    more = other.get_by_role("button", name="drop, duplicate, reorder")
    before = more.bounding_box()
    assert before is not None
    # Pressed where it stands, and let go there: what moves meanwhile is not clicked.
    lab.page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    lab.page.mouse.down()
    lab.page.wait_for_timeout(100)
    lab.page.mouse.up()
    expect(lab.page.get_by_role("menu")).to_be_visible()

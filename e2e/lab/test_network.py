"""Holding the network, and deciding message by message: by mouse, by keys, and with faults."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

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
    def due_in_s() -> float:
        found = re.search(r"due in ([\d.]+) (ms|s)", timer.inner_text())
        assert found is not None
        return float(found[1]) / (1000 if found[2] == "ms" else 1)

    lab.press("Space")
    lab.is_held()
    timer = lab.cards.filter(has_text="alice · 1 · pulse.js").first
    expect(timer).to_have_count(0)
    lab.unfold_timers()
    expect(timer).to_be_visible()
    before = due_in_s()
    lab.page.locator("#stretch").click()
    lab.page.get_by_role("menuitem", name="by 1 s").click()
    expect(timer).to_contain_text(f"due in {before - 1:.1f}".removesuffix(".0"))
    name = timer.get_attribute("title") or ""
    due = timer.locator(".about").inner_text()
    timer.get_by_role("button", name="fire").click()
    expect(lab.page.locator(f'#in-flight > li[title="{name}"]').filter(has_text=due)).to_have_count(0)
    lab.page.get_by_role("button", name=re.compile("timers? waits?")).click()
    expect(lab.cards.locator("visible=true").filter(has_text="timer, due")).to_have_count(0)


def test_an_http_message_is_not_dropped_doubled_or_overtaken_and_the_menu_says_why(lab: LabPage) -> None:
    lab.press("Space")
    lab.is_held()
    lab.order("alice/1", ORDER)
    lab.card("POST m1").get_by_role("button", name="deliver").click()
    answer = lab.card("201 Created m1")
    more = answer.get_by_role("button", name="drop, duplicate, reorder")
    more.click()
    for name, why in (("drop", "end_before"), ("duplicate", "one answer"), ("after the next one", "wait")):
        item = lab.page.get_by_role("menuitem", name=name)
        expect(item).to_have_attribute("aria-disabled", "true")
        expect(item).to_contain_text(why)
    lab.press("Escape")
    expect(more).to_be_focused()
    answer.focus()
    lab.press("d")
    expect(lab.page.locator("#voice")).to_contain_text("end_before")
    expect(answer).to_have_count(1)


def committed(lab: LabPage, *titles: str) -> None:
    """Alice's orders are written; what tells Bob of them waits."""
    lab.hold.click()
    lab.is_held()
    for n, title in enumerate(titles, 1):
        lab.order("alice/1", title)
        lab.card(f"POST m{n}").get_by_role("button", name="deliver").click()
        lab.card(f"201 Created m{n}").get_by_role("button", name="deliver").click()
    lab.press("Escape")


def told_to_bob(lab: LabPage) -> Locator:
    return lab.cards.filter(has_text="WS").filter(has_text="→ bob · 1").filter(has_text="created")


def do(lab: LabPage, card: Locator, what: str) -> None:
    card.get_by_role("button", name="drop, duplicate, reorder").click()
    item = lab.page.get_by_role("menuitem", name=what)
    expect(item).to_contain_text("impossible on TCP")
    item.click()


def is_drawn_as_impossible(lab: LabPage) -> None:
    expect(lab.page.locator("#diagram")).to_contain_text("impossible on TCP")


def test_a_dropped_frame_never_comes_and_the_next_one_shows_the_gap(lab: LabPage) -> None:
    committed(lab, ORDER)
    expect(told_to_bob(lab)).to_have_count(1)
    do(lab, told_to_bob(lab), "drop")
    expect(told_to_bob(lab)).to_have_count(0)
    is_drawn_as_impossible(lab)
    lab.hold.click()
    lab.is_held(False)
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(0)
    lab.order("alice/1", "1 × tea")
    for title in (ORDER, "1 × tea"):
        expect(lab.items("bob/1").filter(has_text=title)).to_have_count(1, timeout=SLOWLY_MS)


def test_a_doubled_frame_comes_twice_and_its_order_is_there_once(lab: LabPage) -> None:
    committed(lab, ORDER)
    told_to_bob(lab).focus()
    lab.press("2")
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(1)
    is_drawn_as_impossible(lab)
    lab.hold.click()
    lab.is_held(False)
    expect(lab.cells(ORDER).last).to_have_text("v1")
    expect(lab.items("bob/1").filter(has_text=ORDER)).to_have_count(1)


def test_a_frame_comes_after_the_next_one(lab: LabPage) -> None:
    committed(lab, ORDER, "1 × tea")
    expect(told_to_bob(lab)).to_have_count(2)
    names = [str(card.get_attribute("title")) for card in told_to_bob(lab).all()]
    do(lab, told_to_bob(lab).first, "after the next one")
    # The next one is through, and the first still waits.
    expect(told_to_bob(lab)).to_have_count(1)
    expect(told_to_bob(lab)).to_have_attribute("title", names[0])
    is_drawn_as_impossible(lab)
    lab.hold.click()
    lab.is_held(False)
    expect(lab.items("bob/1")).to_have_count(2, timeout=SLOWLY_MS)


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
    name = other.get_attribute("data-key")
    card = lab.page.locator(f'#in-flight > li[data-key="{name}"]')
    more = card.get_by_role("button", name="drop, duplicate, reorder")
    before = more.bounding_box()
    assert before is not None
    # Pressed where it stands, and let go there: what moves meanwhile is not clicked.
    lab.page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    lab.page.mouse.down()
    expect(card).to_have_attribute("aria-current", "true")
    lab.page.mouse.up()
    expect(lab.page.get_by_role("menu")).to_be_visible()

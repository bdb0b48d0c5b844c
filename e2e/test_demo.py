"""The demo page: what each control does, by mouse and by keyboard, and that it reads well for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from e2e.conftest import Profile
from e2e.demo_page import Demo, delete_all_orders, open_demo, server_titles
from syncbed.world import World

NewProfile = Callable[..., Profile]


@pytest.fixture
def alice(new_profile: NewProfile, base_url: str) -> Demo:
    delete_all_orders(base_url)
    return open_demo(new_profile().context.new_page(), base_url)


def test_the_figures_count_this_tab_what_is_pending_and_the_server(alice: Demo, base_url: str) -> None:
    alice.add("1 × espresso")
    expect(alice.at("server-count")).to_have_text("1")
    alice.answer_after(2000)
    alice.add("2 × flat white")
    expect(alice.at("tab-count")).to_have_text("2")
    expect(alice.at("pending")).to_have_text("1")
    assert server_titles(base_url) == ["1 × espresso"]
    expect(alice.at("server-count")).to_have_text("1")
    expect(alice.at("pending")).to_have_text("0")
    expect(alice.at("server-count")).to_have_text("2")


def test_an_order_is_ticked_renamed_and_deleted(alice: Demo, base_url: str) -> None:
    alice.add("1 × espresso")
    alice.row("1 × espresso").get_by_test_id("tick").check()
    title = alice.row("1 × espresso").get_by_test_id("rename")
    title.click()
    alice.page.keyboard.type("1 × lungo")
    alice.page.keyboard.press("Enter")
    row = alice.row("1 × lungo")
    expect(row).to_contain_text("v3")
    expect(row.get_by_test_id("tick")).to_be_checked()
    assert server_titles(base_url) == ["1 × lungo"]
    row.get_by_test_id("delete").click()
    expect(alice.rows).to_have_count(0)
    expect(alice.at("server-count")).to_have_text("0")


def test_escape_leaves_a_title_as_it_was(alice: Demo) -> None:
    alice.add("1 × espresso")
    expect(alice.row("1 × espresso")).to_contain_text("v1")
    alice.at("rename").click()
    alice.page.keyboard.type("something else")
    alice.page.keyboard.press("Escape")
    expect(alice.row("1 × espresso")).to_contain_text("v1")
    expect(alice.at("pending")).to_have_text("0")


def test_a_refused_write_is_taken_back_once_and_stays_visible_as_refused(alice: Demo, base_url: str) -> None:
    alice.press("refuse")
    expect(alice.at("refuse")).to_have_attribute("aria-pressed", "true")
    alice.add("1 × espresso")
    row = alice.row("1 × espresso")
    expect(row).to_have_attribute("data-refused", "true")
    expect(row).to_contain_text("refused")
    expect(alice.at("refuse")).to_have_attribute("aria-pressed", "false")
    expect(alice.at("tab-count")).to_have_text("0")
    expect(alice.at("log")).to_contain_text("taken back, once")
    assert server_titles(base_url) == []
    row.get_by_test_id("delete").click()
    expect(alice.rows).to_have_count(0)


def test_a_refused_change_leaves_the_order_as_the_server_has_it(alice: Demo) -> None:
    alice.add("1 × espresso")
    expect(alice.row("1 × espresso")).to_contain_text("v1")
    alice.press("refuse")
    alice.row("1 × espresso").get_by_test_id("tick").click()
    row = alice.row("1 × espresso")
    expect(row).to_have_attribute("data-refused", "true")
    expect(row.get_by_test_id("tick")).not_to_be_checked()
    row.get_by_role("button", name="ok").click()
    expect(row).to_have_attribute("data-refused", "false")


def test_a_change_behind_a_refused_order_leaves_the_refusal_in_sight(alice: Demo) -> None:
    let_go = alice.hold_writes()
    alice.press("refuse")
    alice.add("1 × espresso")
    alice.row("1 × espresso").get_by_test_id("tick").check()
    let_go()
    row = alice.row("1 × espresso")
    expect(row).to_have_attribute("data-refused", "true")
    expect(alice.at("pending")).to_have_text("0")
    expect(row).to_contain_text("order refused")
    row.get_by_test_id("delete").click()
    expect(alice.rows).to_have_count(0)


def test_a_change_of_what_somebody_else_deleted_is_shown_as_refused(
    alice: Demo, new_profile: NewProfile, base_url: str
) -> None:
    alice.add("1 × espresso")
    bob = open_demo(new_profile().context.new_page(), base_url)
    let_go = alice.hold_writes()
    alice.row("1 × espresso").get_by_test_id("tick").check()
    bob.row("1 × espresso").get_by_test_id("delete").click()
    expect(bob.at("server-count")).to_have_text("0")
    let_go()
    row = alice.row("1 × espresso")
    expect(row).to_have_attribute("data-refused", "true")
    expect(row).to_contain_text("change refused: not found")
    row.get_by_test_id("delete").click()
    expect(alice.rows).to_have_count(0)


@pytest.mark.own_stack
def test_the_fault_buttons_tell_what_the_server_does_after_it_was_restarted(
    new_profile: NewProfile, world: World
) -> None:
    reference = world.reference()
    demo = open_demo(new_profile().context.new_page(), reference.url)
    demo.press("offline")
    expect(demo.at("connection")).to_have_text("reconnecting")
    reference.stop()
    reference.start()
    demo.is_connected()
    expect(demo.at("offline")).to_have_attribute("aria-pressed", "false")


def test_what_is_written_offline_waits_and_goes_out_in_order(alice: Demo, base_url: str) -> None:
    alice.press("offline")
    expect(alice.at("offline")).to_have_attribute("aria-pressed", "true")
    expect(alice.at("connection")).to_have_text("reconnecting")
    expect(alice.at("reason")).to_contain_text("1006")
    for title in ("1 × espresso", "2 × flat white", "3 × cortado"):
        alice.add(title)
    alice.row("2 × flat white").get_by_test_id("tick").check()
    expect(alice.at("pending")).to_have_text("4")
    assert server_titles(base_url) == []

    alice.press("offline")
    alice.is_connected()
    expect(alice.at("pending")).to_have_text("0")
    assert server_titles(base_url) == ["1 × espresso", "2 × flat white", "3 × cortado"]
    assert alice.titles() == ["1 × espresso", "2 × flat white", "3 × cortado"]
    expect(alice.row("2 × flat white")).to_contain_text("v2")


def test_a_cut_connection_comes_back_by_itself(alice: Demo) -> None:
    alice.press("cut")
    expect(alice.at("log")).to_contain_text("reconnecting: lost (1006)")
    alice.is_connected()
    alice.add("1 × espresso")
    expect(alice.row("1 × espresso")).to_have_attribute("data-pending", "false")


def test_the_buttons_open_a_tab_of_this_browser_and_another_browser(alice: Demo) -> None:
    alice.add("1 × espresso")
    with alice.page.context.expect_page() as opened:
        alice.at("second-tab").click()
    second = Demo(opened.value)
    second.is_connected()
    expect(second.row("1 × espresso")).to_have_count(1)

    with alice.page.context.expect_page() as opened:
        alice.at("open-bob").click()
    bob = Demo(opened.value)
    bob.is_connected()
    assert bob.page.url.startswith("http://bob.localhost:")
    bob.add("2 × flat white")
    expect(alice.row("2 × flat white")).to_have_attribute("data-pending", "false")
    expect(bob.page.locator("#who")).to_have_text("bob’s browser")


def test_everything_can_be_done_with_the_keyboard(alice: Demo) -> None:
    keyboard = alice.page.keyboard
    expect(alice.at("new-title")).to_be_focused()
    keyboard.type("1 × espresso")
    keyboard.press("Enter")
    keyboard.type("2 × flat white")
    keyboard.press("Enter")
    expect(alice.rows).to_have_count(2)
    for _ in range(2):  # past the add button
        keyboard.press("Tab")
    keyboard.press("Space")
    expect(alice.row("1 × espresso").get_by_test_id("tick")).to_be_checked()
    keyboard.press("Tab")
    keyboard.type("1 × lungo")
    keyboard.press("Enter")
    expect(alice.row("1 × lungo")).to_contain_text("v3")
    alice.row("1 × lungo").get_by_test_id("delete").focus()
    keyboard.press("Enter")
    expect(alice.rows).to_have_count(1)
    expect(alice.row("2 × flat white").get_by_test_id("delete")).to_be_focused()
    keyboard.press("Enter")
    expect(alice.at("new-title")).to_be_focused()


def test_what_somebody_types_survives_a_change_from_elsewhere(
    alice: Demo, new_profile: NewProfile, base_url: str
) -> None:
    alice.add("1 × espresso")
    bob = open_demo(new_profile().context.new_page(), base_url)
    alice.at("rename").click()
    alice.page.keyboard.type("half a ti")
    bob.add("2 × flat white")
    expect(alice.row("2 × flat white")).to_have_count(1)
    alice.page.keyboard.type("tle")
    alice.page.keyboard.press("Enter")
    expect(bob.row("half a title")).to_have_count(1)


SHIFTS = """() => {
    window.shifts = [];
    window.note = (entries) => shifts.push(...entries
        .flatMap(({ sources }) => sources.map(({ node }) => node?.outerHTML ?? String(node))));
    window.observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
}"""


def test_nothing_jumps_while_states_and_figures_change(alice: Demo) -> None:
    alice.page.evaluate(SHIFTS)
    alice.add("1 × espresso")
    alice.press("cut")
    alice.is_connected()
    alice.answer_after(300)
    alice.row("1 × espresso").get_by_test_id("tick").check()
    expect(alice.row("1 × espresso")).to_contain_text("v2")
    alice.page.evaluate("note(observer.takeRecords())")
    assert alice.page.evaluate("shifts") == []


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, new_profile: NewProfile, base_url: str) -> Demo:
    delete_all_orders(base_url)
    return open_demo(new_profile(color_scheme=request.param).context.new_page(), base_url)


def test_axe_finds_nothing_to_complain_about(themed: Demo) -> None:
    themed.add("1 × espresso")
    expect(themed.row("1 × espresso")).to_contain_text("v1")
    themed.press("refuse")
    themed.add("2 × refused")
    expect(themed.row("2 × refused")).to_have_attribute("data-refused", "true")
    themed.press("offline")
    themed.add("3 × pending")
    themed.row("1 × espresso").get_by_test_id("tick").check()
    results = Axe().run(themed.page)
    assert results.violations_count == 0, results.generate_report()


def test_a_narrow_page_needs_no_sideways_scrolling(new_profile: NewProfile, base_url: str) -> None:
    page: Page = new_profile(viewport={"width": 360, "height": 740}).context.new_page()
    demo = open_demo(page, base_url)
    demo.add("1 × a rather long order that has to be broken into several lines on a telephone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.own_stack
def test_without_test_mode_the_page_says_why_nothing_can_be_broken(
    new_profile: NewProfile, session_world: World
) -> None:
    plain = session_world.reference(test_mode=False)
    demo = open_demo(new_profile().context.new_page(), plain.url)
    expect(demo.at("cut")).to_be_disabled()
    expect(demo.page.locator("#faults-caption")).to_contain_text("without test mode")
    demo.add("1 × espresso")
    expect(demo.row("1 × espresso")).to_have_attribute("data-pending", "false")

"""The demo page under a test bed: what its user does is told and marked, and in a pane it is small.

The bed is played by the test: it stands in the page before its first script, opens it, and listens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, expect

from e2e.conftest import Profile
from e2e.demo_page import Demo, delete_all_orders, server_titles

NewProfile = Callable[..., Profile]

LISTEN = """() => {
    window.told = [];
    bed.on((what, details) => told.push({ what, ...details }));
    bed.open(location.origin, 'alice', 'orders');
}"""


def under_a_bed(page: Page, url: str, lab: str = "{}") -> Demo:
    """The page, with a bed before its first script and not opened yet."""
    page.add_init_script(f"globalThis.__syncbed = {lab}")
    page.goto(url)
    page.wait_for_function("globalThis.bed")
    return Demo(page)


@pytest.fixture
def alice(new_profile: NewProfile, base_url: str) -> Demo:
    delete_all_orders(base_url)
    demo = under_a_bed(new_profile().context.new_page(), base_url)
    demo.page.evaluate(LISTEN)
    demo.is_connected()
    return demo


def told(demo: Demo, *what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.page.evaluate(
        "what => told.filter((t) => what.includes(t.what))", what
    )
    return found


def told_when_through(demo: Demo, count: int) -> list[dict[str, Any]]:
    """What the user did and how it ended, once so many acts have ended."""
    ends = "told.filter(({ what }) => ['ok', 'fail', 'info'].includes(what)).length"
    demo.page.wait_for_function(f"{ends} >= {count}")
    return told(demo, "acted", "ok", "fail", "info")


def test_an_order_is_told_before_it_is_shown_and_known_by_its_mark(alice: Demo, base_url: str) -> None:
    alice.add("1 × espresso")
    acted, ended = told_when_through(alice, 1)
    assert re.fullmatch(r"alice-[0-9a-z]{4}", acted["id"])
    assert (acted["kind"], acted["key"]) == ("put", acted["id"])
    assert acted["value"] == {"title": f"1 × espresso #{acted['id']}", "done": False}
    assert (ended["what"], ended["op"], ended["result"]["version"]) == ("ok", acted["id"], 1)
    assert server_titles(base_url) == [acted["value"]["title"]]
    order = [each["what"] for each in told(alice, "acted", "view")]
    assert order.index("acted") < len(order) - 1 - order[::-1].index("view")
    assert alice.titles() == ["1 × espresso"]
    expect(alice.at("log")).to_contain_text("“1 × espresso” shown at once")


def test_each_write_has_a_mark_of_its_own(alice: Demo, base_url: str) -> None:
    alice.add("1 × espresso")
    alice.row("1 × espresso").get_by_test_id("tick").check()
    alice.row("1 × espresso").get_by_test_id("rename").click()
    alice.page.keyboard.type("1 × lungo")
    alice.page.keyboard.press("Enter")
    told_when_through(alice, 3)
    alice.row("1 × lungo").get_by_test_id("delete").click()
    acted = [each for each in told_when_through(alice, 4) if each["what"] == "acted"]
    assert [each["kind"] for each in acted] == ["put", "put", "put", "remove"]
    assert {each["key"] for each in acted} == {acted[0]["id"]}
    assert len({each["id"] for each in acted}) == 4
    assert acted[1]["value"] == {"title": f"1 × espresso #{acted[1]['id']}", "done": True}
    assert acted[2]["value"] == {"title": f"1 × lungo #{acted[2]['id']}", "done": True}
    assert server_titles(base_url) == []


def test_a_refused_order_is_told_as_failed(alice: Demo) -> None:
    alice.press("refuse")
    alice.add("1 × espresso")
    _, ended = told_when_through(alice, 1)
    assert (ended["what"], ended["reason"]) == ("fail", "refused")
    expect(alice.row("1 × espresso")).to_have_attribute("data-refused", "true")


def test_what_the_bed_asks_for_is_done_as_it_is(alice: Demo, base_url: str) -> None:
    put = {"kind": "put", "key": "latte", "value": {"title": "1 × latte #o1", "done": False}}
    done = alice.page.evaluate("op => bed.act(op)", put)
    assert done["version"] == 1
    assert alice.page.evaluate("bed.view()")[0]["title"] == "1 × latte #o1"
    assert alice.titles() == ["1 × latte"]
    assert told(alice, "acted") == []
    assert server_titles(base_url) == ["1 × latte #o1"]
    assert [event["channel"] for event in told(alice, "event")] == ["orders"]


def test_it_makes_no_request_that_its_user_did_not_ask_for(alice: Demo) -> None:
    asked: list[str] = []
    alice.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    alice.add("1 × espresso")
    expect(alice.at("server-count")).to_have_text("1")
    assert [each.partition(" ")[0] for each in asked] == ["POST"]


def test_it_can_be_reset_and_opened_again(alice: Demo, base_url: str) -> None:
    alice.page.evaluate("bed.reset()")
    alice.page.evaluate(LISTEN)
    alice.page.evaluate(LISTEN)
    alice.is_connected()
    alice.add("1 × espresso")
    told_when_through(alice, 1)
    expect(alice.rows).to_have_count(1)
    assert len(server_titles(base_url)) == 1


def test_without_its_bed_it_opens_itself(new_profile: NewProfile, base_url: str) -> None:
    page = new_profile().context.new_page()
    page.clock.install()
    demo = under_a_bed(page, base_url)
    expect(demo.at("connection")).to_have_text("disconnected")
    page.clock.fast_forward(3000)
    demo.is_connected()


def test_why_opens_the_lab_and_bob_has_his_own_address(new_profile: NewProfile, base_url: str) -> None:
    page = new_profile().context.new_page()
    lab = f"{{ lab: {{ lab: '{base_url}/?lab', profiles: {{ bob: '{base_url}/?bob' }} }} }}"
    demo = under_a_bed(page, base_url, lab)
    page.evaluate(LISTEN)
    for button, address in (("why", "?lab"), ("open-bob", "?bob")):
        with page.context.expect_page() as opened:
            demo.at(button).click()
        assert opened.value.url.endswith(address)


def test_without_a_lab_there_is_no_why(alice: Demo) -> None:
    expect(alice.at("why")).to_be_hidden()


# In a pane


def in_a_pane(page: Page, url: str, width: int = 230, height: int = 170) -> FrameLocator:
    page.set_content(
        f'<!doctype html><html lang="en"><title>a pane</title><main><h1>A pane</h1><iframe title="alice/1" '
        f'src="{url}/" width="{width}" height="{height}"></iframe></main></html>'
    )
    frame = page.frame_locator("iframe")
    expect(frame.get_by_test_id("new-title")).to_be_visible()
    return frame


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_pane_shows_the_form_what_is_pending_and_the_list(
    new_profile: NewProfile, base_url: str, theme: str
) -> None:
    delete_all_orders(base_url)
    page = new_profile(color_scheme=theme).context.new_page()
    pane = in_a_pane(page, base_url)
    pane.get_by_test_id("new-title").fill("2 × flat white")
    pane.get_by_test_id("new-title").press("Enter")
    row = pane.get_by_test_id("items").locator("li")
    expect(row).to_contain_text("v1")
    expect(pane.get_by_test_id("pending")).to_be_visible()
    for gone in ("second-tab", "open-bob", "cut", "log", "server-count"):
        expect(pane.get_by_test_id(gone)).to_be_hidden()
    frame = page.frames[1]
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_a_pane_does_not_take_the_focus(new_profile: NewProfile, base_url: str) -> None:
    page = new_profile().context.new_page()
    pane = in_a_pane(page, base_url)
    expect(pane.get_by_test_id("new-title")).not_to_be_focused()

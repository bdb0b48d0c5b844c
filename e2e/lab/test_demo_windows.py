"""The demo through the wire: its windows are tabs of the lab, and nothing of it is lost by that."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.demo_page import Demo
from e2e.lab.demo_process import DemoProcess


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    with DemoProcess() as demo:
        yield demo


@pytest.fixture
def alice(context: BrowserContext, process: DemoProcess) -> Iterator[Demo]:
    demo = opened(context.new_page(), process.url)
    yield demo
    while demo.rows.count():
        title = demo.titles()[0]
        demo.row(title).first.get_by_test_id("delete").click()
        expect(demo.row(title)).to_have_count(0)
    expect(demo.at("pending")).to_have_text("0")


def opened(page: Page, url: str) -> Demo:
    page.goto(url)
    demo = Demo(page)
    demo.is_connected()
    return demo


def opened_by(demo: Demo, button: str) -> Demo:
    with demo.page.context.expect_page() as page:
        demo.at(button).click()
    other = Demo(page.value)
    other.is_connected()
    return other


def test_a_second_tab_is_of_the_same_browser(alice: Demo) -> None:
    second = opened_by(alice, "second-tab")
    alice.answer_after(2000)
    alice.add("1 × espresso")
    expect(second.row("1 × espresso")).to_have_attribute("data-pending", "true")
    expect(second.row("1 × espresso")).to_contain_text("v1")
    alice.answer_after(0)


def test_bob_has_an_address_of_his_own(alice: Demo, process: DemoProcess) -> None:
    bob = opened_by(alice, "open-bob")
    assert bob.page.url.startswith(process.profiles["bob"])
    expect(bob.page.locator("#who")).to_have_text("bob’s browser")
    bob.add("2 × flat white")
    expect(alice.row("2 × flat white")).to_contain_text("v1")
    expect(bob.at("open-bob")).to_have_text("Open as Alice")


def test_what_breaks_it_still_breaks_it(alice: Demo) -> None:
    alice.press("refuse")
    alice.add("1 × espresso")
    expect(alice.row("1 × espresso")).to_have_attribute("data-refused", "true")
    alice.row("1 × espresso").get_by_test_id("delete").click()
    alice.press("cut")
    expect(alice.at("log")).to_contain_text("reconnecting: lost (1006)")
    alice.is_connected()


def test_why_shows_this_window_and_what_was_done_in_it(alice: Demo) -> None:
    alice.add("1 × cortado")
    expect(alice.row("1 × cortado")).to_contain_text("v1")
    with alice.page.context.expect_page() as page:
        alice.at("why").click()
    lab = page.value
    expect(lab.locator("#convergence").get_by_role("row", name="1 × cortado")).to_contain_text("v1")
    expect(lab.locator("#diagram")).to_contain_text("create “1 × cortado”")
    assert "token" not in lab.url


def test_a_window_that_is_reloaded_is_the_same_tab(alice: Demo) -> None:
    alice.add("1 × espresso")
    expect(alice.row("1 × espresso")).to_contain_text("v1")
    name = alice.page.evaluate("window.name")
    alice.page.reload()
    alice.is_connected()
    expect(alice.row("1 × espresso")).to_contain_text("v1")
    assert alice.page.evaluate("window.name") == name
    assert re.fullmatch(r"alice/\d+", name)

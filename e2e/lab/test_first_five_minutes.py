"""The first five minutes, as a new user has them: the story of docs/lessons/01-a-lost-ack.md, in one go.

Orders in the demo, a slow server, a cut, and all is well. *why?* shows what happened, in the lab. Then a bug:
the order is there twice. One key loses the answer, the verdict tells the story, and it leaves as an issue.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.demo_page import Demo
from e2e.lab.demo_process import DemoProcess
from e2e.lab.lab import SLOWLY_MS, LabPage

TITLE = "The order is there twice"
ANSWER = "201 Created m1"


@pytest.fixture
def demo_url() -> Iterator[str]:
    with DemoProcess() as demo:
        yield demo.url


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return context


def test_the_first_five_minutes(context: BrowserContext, demo_url: str) -> None:
    demo = demo_with_orders(context.new_page(), demo_url)
    a_slow_server_and_a_cut(demo)
    lab = why(context, demo)
    the_card_is_held_at_the_answer(lab)
    one_key_loses_the_answer(lab)
    copied_as_an_issue(lab)


def demo_with_orders(page: Page, url: str) -> Demo:
    page.goto(url)
    demo = Demo(page)
    demo.is_connected()
    for title in ("1 × espresso", "1 × cortado"):
        demo.add(title)
        expect(demo.row(title)).to_contain_text("v1")
    return demo


def a_slow_server_and_a_cut(demo: Demo) -> None:
    demo.answer_after(2000)
    demo.add("2 × flat white")
    expect(demo.row("2 × flat white")).to_have_attribute("data-pending", "true")
    expect(demo.at("pending")).to_have_text("1")
    expect(demo.at("server-count")).to_have_text("2")
    demo.at("cut").click()
    expect(demo.at("log")).to_contain_text("it stays pending and is sent again")
    demo.is_connected()
    expect(demo.row("2 × flat white")).to_contain_text("v1", timeout=SLOWLY_MS)
    expect(demo.at("pending")).to_have_text("0")
    assert demo.titles() == ["1 × espresso", "1 × cortado", "2 × flat white"], "sent twice, there once"


def why(context: BrowserContext, demo: Demo) -> LabPage:
    """The lab, on this very world: what was ordered in the demo is in its table."""
    with context.expect_page() as opened:
        demo.at("why").click()
    lab = LabPage(opened.value)
    for title in ("1 × espresso", "1 × cortado", "2 × flat white"):
        expect(lab.cells(title).first).to_have_text("v1", timeout=SLOWLY_MS)
    return lab


def the_card_is_held_at_the_answer(lab: LabPage) -> None:
    lab.press("g")
    lab.page.get_by_role("button", name=f"open {TITLE}", exact=True).click()
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)
    lab.is_held()
    expect(lab.card(ANSWER)).to_have_count(1)
    expect(lab.items("alice/1").filter(has_text="2 × flat white")).to_contain_text("pending")
    expect(lab.items("bob/1").filter(has_text="2 × flat white")).to_have_count(0)


def one_key_loses_the_answer(lab: LabPage) -> None:
    expect(lab.card(ANSWER)).to_have_attribute("data-current", "")
    lab.press("x")
    expect(lab.verdict).to_have_text("violated", timeout=SLOWLY_MS)
    expect(lab.page.locator("#verdict")).to_contain_text("No duplicate.")
    for told in ("was asked to put", "was lost", "POST m2", "the server committed"):
        expect(lab.page.locator("#verdict")).to_contain_text(told)
    for cell in lab.cells("2 × flat white").all():
        expect(cell).to_contain_text("v1 ×2")
        expect(cell).to_have_attribute("data-differs", "true")
    expect(lab.items("bob/1").filter(has_text="2 × flat white")).to_have_count(2)


def copied_as_an_issue(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="copy as issue").click()
    expect(lab.notices).to_contain_text("Issue copied")
    issue = str(lab.page.evaluate("navigator.clipboard.readText()"))
    assert issue.startswith(f"# {TITLE}\n")
    assert "syncbed run the-order-is-there-twice" in issue
    assert "```mermaid\nsequenceDiagram" in issue
    assert "<details>" in issue

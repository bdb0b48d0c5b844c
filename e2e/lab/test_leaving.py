"""What one comes with and leaves with: links, issues, files; the twin; and a lab that is gone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from e2e.lab.lab import SLOWLY_MS, LabPage, LabProcess
from syncbed.scenario import load
from syncbed.scenario.link import to_link

TITLE = "The order is there twice"
OpenLab = Callable[..., LabPage]


def test_the_token_is_taken_out_of_the_address(lab: LabPage, lab_process: LabProcess) -> None:
    assert lab.page.url.rstrip("/") == lab_process.origin
    lab.page.reload()
    lab.is_ready()


def test_a_shared_scenario_is_shown_and_runs_only_when_asked(lab: LabPage, lab_process: LabProcess) -> None:
    sent: list[str] = []
    lab.page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(str(text))))
    lab.page.goto(f"{lab_process.origin}/#{to_link(load('single-client-mutation').raw)}")
    lab.page.reload()
    dialog = lab.page.get_by_role("dialog", name="Somebody sent you a scenario")
    expect(dialog.locator("li").first).to_contain_text('"do"')
    lab.is_ready()
    assert not [text for text in sent if '"load"' in text]
    dialog.get_by_role("button", name="run it").click()
    expect(lab.verdict).to_have_text("ok", timeout=SLOWLY_MS)
    assert "#s=" not in lab.page.url


def test_a_link_that_holds_no_scenario_says_so(lab: LabPage, lab_process: LabProcess) -> None:
    lab.page.evaluate("location.hash = '#s=AAAA'")
    expect(lab.notices).to_contain_text("Nothing was run")


def test_what_was_done_leaves_as_a_link_that_does_it_again(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="record").click()
    expect(lab.page.locator("#record")).to_have_attribute("aria-pressed", "true")
    lab.order("alice/1", "1 × tea")
    expect(lab.cells("1 × tea").last).to_have_text("v1")
    lab.page.get_by_role("button", name="recording").click()
    expect(lab.notices).to_contain_text("is a scenario now")
    steps = json.loads(lab.saved("as JSON"))["steps"]
    assert any(step["do"] == "put" and step["title"] == "1 × tea" for step in steps)
    lab.page.get_by_role("button", name="link", exact=True).click()
    expect(lab.notices).to_contain_text("Link copied")
    link = str(lab.page.evaluate("navigator.clipboard.readText()"))
    assert "token" not in link
    lab.page.goto(link)
    lab.page.reload()
    lab.page.get_by_role("button", name="run it").click()
    expect(lab.verdict).to_have_text("ok", timeout=SLOWLY_MS)
    expect(lab.items("bob/1").filter(has_text="1 × tea")).to_have_count(1)


def test_by_keyboard_alone_from_the_gallery_to_the_issue(lab: LabPage) -> None:
    lab.press("g")
    lab.page.get_by_role("searchbox", name="find a scenario").press_sequentially("there twice")
    lab.press("Tab")
    expect(lab.page.get_by_role("button", name=f"open {TITLE}", exact=True)).to_be_focused()
    lab.press("Enter")
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)
    lab.press("x")
    expect(lab.verdict).to_have_text("violated", timeout=SLOWLY_MS)
    lab.command("copy as issue")
    expect(lab.notices).to_contain_text("Issue copied")
    assert "sequenceDiagram" in str(lab.page.evaluate("navigator.clipboard.readText()"))


def test_compare_shows_both_verdicts_and_the_way_back(lab: LabPage) -> None:
    lab.page.locator("#gallery").click()
    lab.page.get_by_role("button", name=f"open {TITLE}", exact=True).click()
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)
    lab.press("x")
    expect(lab.verdict).to_have_text("violated", timeout=SLOWLY_MS)
    expect(lab.page.locator("#bug")).to_contain_text("resend-as-new")
    expect(lab.page.locator("#busy")).to_be_empty(timeout=SLOWLY_MS)
    lab.page.get_by_role("button", name="compare with fixed").click()
    dialog = lab.page.get_by_role("dialog", name=TITLE)
    expect(dialog.get_by_role("region", name="with resend-as-new")).to_contain_text(
        "violated", timeout=3 * SLOWLY_MS
    )
    expect(dialog.get_by_role("region", name="fixed")).to_contain_text("ok")
    row = dialog.get_by_role("row", name="no duplicate")
    expect(row.get_by_role("cell")).to_have_text(["violated", "ok"])
    dialog.get_by_role("button", name="stay with the fixed one").click()
    expect(lab.verdict).to_have_text("ok")
    expect(lab.page.locator("#bug")).to_be_hidden()
    lab.page.get_by_role("button", name="both verdicts").click()
    dialog.get_by_role("button", name="back to the bug").click()
    expect(lab.page.locator("#bug")).to_contain_text("resend-as-new", timeout=SLOWLY_MS)
    expect(lab.hint).to_contain_text("Press X", timeout=SLOWLY_MS)


def test_help_and_palette_show_one_table(lab: LabPage) -> None:
    lab.press("?")
    help_ = lab.page.get_by_role("dialog", name="Keys")
    for key in ("Space", "S", "Enter", "F", "X", "D", "2", "J", "K", "[", "]", "/", "T", "?"):
        expect(help_.locator("kbd", has_text=key).filter(visible=True).first).to_be_visible()
    lab.press("Escape")
    lab.press("/")
    lab.page.get_by_role("combobox", name="command").fill("back to live")
    expect(lab.page.locator("#palette-list").get_by_role("option").first).to_contain_text("it is live")


def test_a_lab_that_is_gone_is_said_and_found_again_by_its_address(
    new_context: Callable[..., BrowserContext], page_problems: object
) -> None:
    del page_problems
    with LabProcess() as process:
        page = new_context().new_page()
        page.goto(process.url)
        lab = LabPage(page)
        lab.is_ready()
        process.stop()
        expect(lab.notices).to_contain_text("The lab’s process is gone", timeout=SLOWLY_MS)
        process.start()


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_its_token_the_page_is_not_let_in(
    new_context: Callable[..., BrowserContext], lab_process: LabProcess, token: str
) -> None:
    page = new_context().new_page()
    page.goto(f"{lab_process.origin}/?token={token}")
    expect(LabPage(page).notices).to_contain_text("This page is not let in")


def test_a_link_where_it_is_not_let_in_says_what_to_start(
    new_context: Callable[..., BrowserContext], lab_process: LabProcess
) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    link = f"{lab_process.origin}/#{to_link(load('single-client-mutation').raw)}"
    page.goto(link)
    dialog = page.get_by_role("dialog", name="Somebody sent you a scenario")
    expect(dialog).to_contain_text(f'syncbed lab "{link}"')
    expect(dialog.get_by_role("button", name="run it")).to_have_count(0)
    expect(LabPage(page).notices).to_be_empty()
    dialog.get_by_role("button", name="copy the command").click()
    expect(LabPage(page).notices).to_contain_text("Command copied")
    assert page.evaluate("navigator.clipboard.readText()") == f'syncbed lab "{link}"'


def test_a_link_is_pasted_into_the_gallery(lab: LabPage) -> None:
    lab.press("g")
    scenario = load("single-client-mutation")
    find = lab.page.get_by_role("searchbox", name="paste a link")
    find.fill(f"http://lab.localhost:1/#{to_link(scenario.raw)}")
    dialog = lab.page.get_by_role("dialog", name="Somebody sent you a scenario")
    expect(dialog).to_contain_text(scenario.title)
    dialog.get_by_role("button", name="not now").click()
    expect(dialog).to_have_count(0)


def test_opened_as_127_0_0_1_it_goes_to_its_name_where_that_is_found(
    new_context: Callable[..., BrowserContext], lab_process: LabProcess
) -> None:
    # Frames of *.localhost under 127.0.0.1 would be another site's, without storage of their own.
    page = new_context().new_page()
    page.goto(lab_process.url.replace("lab.localhost", "127.0.0.1"))
    page.wait_for_url(lambda url: url.rstrip("/") == lab_process.origin)
    expect(page.locator("body")).to_have_attribute("data-connection", "live")

"""The diagram in Chromium: what is drawn of a known run, how much of it is there, by mouse and by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.lab_story import long_story
from syncbed.checkers import verdict
from syncbed.report import render
from syncbed.report.rows import rows
from syncbed.scenario import parse_scenario
from syncbed.trace import Trace
from syncbed.trace.record import from_json

VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "order.json"
ELEMENTS_MAX = 900
START = """async ([rows, options]) => {
    document.body.replaceChildren();
    document.documentElement.style.height = document.body.style.height = '100%';
    document.body.style.margin = 0;
    const { createDiagram } = await import('/static/lab/diagram/diagram.js');
    globalThis.selected = [];
    globalThis.moved = [];
    globalThis.diagram = createDiagram(document.body, {
        onSelect: (i) => selected.push(i), onCursor: (i) => moved.push(i), ...options,
    });
    diagram.reset(rows[0][5]);
    diagram.append(rows);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def lost_answer() -> list[Any]:
    """The run of the vectors in which an answer is lost and the write asked for again."""
    vector = json.loads(VECTORS.read_text("utf-8"))[-1]
    return rows([from_json(raw) for raw in vector["records"]])


class Diagram:
    def __init__(self, page: Page, made_of: list[Any], **options: Any) -> None:
        page.evaluate(START, [made_of, options])
        self.page = page
        self.scroller = page.get_by_role("group", name="Who sent what to whom")

    def labels(self, kind: str) -> list[str]:
        return self.page.locator(f".sd-{kind} text").all_text_contents()

    def entry(self, label: str) -> Locator:
        return self.page.locator("[data-entry]").filter(has=self.page.get_by_text(label, exact=True)).first

    def call(self, script: str) -> Any:
        return self.page.evaluate(f"() => diagram.{script}")


@pytest.fixture
def own_page(page: Page, base_url: str) -> Page:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{base_url}/health")
    return page


def test_a_known_run_shows_its_messages(own_page: Page) -> None:
    diagram = Diagram(own_page, lost_answer())
    # The late event's name stands where it went and where it came.
    assert diagram.labels("arrow") == [
        "POST m1",
        "created 1",
        "created 1",
        "created 1",
        "201 m1",
        "POST m1, again",
        "201 m1",
    ]
    assert diagram.labels("mark") == [
        "create “2 × flat white” m1",
        "shows it, pending",
        "commit · offset 1",
        "shows it",
        "shows it, confirmed",
        "m1 acknowledged",
    ]
    assert diagram.labels("band") == [
        "fault: delay 4000 ms · alice",
        "fault: answer lost, write committed · alice",
    ]
    assert own_page.locator(".sd-cross").count() == 1, "the lost answer ends in a cross"
    assert own_page.locator(".sd-lane").all_text_contents() == ["alice · 1", "bob · 1", "server a"]


def test_labels_do_not_cover_each_other(own_page: Page) -> None:
    Diagram(own_page, lost_answer())
    overlaps = own_page.evaluate(
        """() => {
            const texts = [...document.querySelectorAll('.sd text')];
            const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
            const cover = (a, b) =>
                a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
            return boxes.flatMap(([a, one], at) =>
                boxes.slice(at + 1).filter(([, other]) => cover(one, other)).map(([b]) => [a, b]));
        }"""
    )
    assert overlaps == []


@pytest.mark.parametrize("axis", ["order", "time"])
def test_of_ten_thousand_rows_only_what_is_in_sight_is_in_the_page(own_page: Page, axis: str) -> None:
    diagram = Diagram(own_page, rows(long_story(10_000)))
    diagram.call(f"axis('{axis}')")
    for part in (0.0, 0.31, 0.77, 1.0):
        most = own_page.evaluate(
            """async (part) => {
                const scroller = document.querySelector('.sd-scroller');
                scroller.scrollTop = part * scroller.scrollHeight;
                await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                return document.querySelectorAll('*').length;
            }""",
            part,
        )
        assert 60 < most < ELEMENTS_MAX
        expect(own_page.locator("[data-entry]").first).to_be_attached()


def test_what_is_selected_lights_what_led_to_it_and_what_came_of_it(own_page: Page) -> None:
    diagram = Diagram(own_page, lost_answer())
    diagram.entry("POST m1, again").locator("text").click()
    expect(diagram.entry("POST m1, again")).to_have_class("sd-top sd-arrow sd-plain sd-selected")
    expect(diagram.entry("create “2 × flat white” m1")).to_have_class("sd-mark sd-plain sd-past")
    expect(diagram.entry("m1 acknowledged")).to_have_class("sd-mark sd-good sd-future")
    expect(diagram.entry("shows it")).to_have_class("sd-mark sd-good sd-after")
    own_page.keyboard.press("Escape")
    expect(own_page.locator(".sd-selected")).to_have_count(0)
    assert own_page.evaluate("selected.length") == 2


def test_by_key_alone(own_page: Page) -> None:
    diagram = Diagram(own_page, lost_answer())
    diagram.call("setWitness([19, 24])")
    own_page.keyboard.press("Tab")
    expect(diagram.scroller).to_be_focused()
    own_page.keyboard.press("]")
    own_page.keyboard.press("]")
    own_page.keyboard.press("[")
    own_page.keyboard.press("j")
    own_page.keyboard.press("k")
    assert own_page.evaluate("moved") == [19, 24, 19, 21, 19]
    own_page.keyboard.press("Enter")
    expect(own_page.locator(".sd-selected text")).to_have_text("201 m1")
    expect(own_page.get_by_role("status")).to_have_text(
        "the answer 201 to m1 of alice/1 was lost: answer_lost"
    )
    own_page.keyboard.press("t")
    expect(own_page.locator(".sd-fold").first).to_be_attached()


def test_rows_that_come_keep_the_end_in_sight_until_somebody_scrolls(own_page: Page) -> None:
    made = rows(long_story(600))
    diagram = Diagram(own_page, made[:300])
    at_end = """() => {
        const { scrollTop, clientHeight, scrollHeight } = document.querySelector('.sd-scroller');
        return scrollTop + clientHeight >= scrollHeight - 2;
    }"""
    own_page.evaluate("(rows) => diagram.append(rows)", made[300:450])
    own_page.wait_for_function(at_end)
    diagram.scroller.hover()
    own_page.mouse.wheel(0, -900)
    own_page.wait_for_function(f"() => !({at_end})()")
    before = own_page.evaluate("document.querySelector('.sd-scroller').scrollTop")
    own_page.evaluate(
        """async (rows) => {
            diagram.append(rows);
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        made[450:],
    )
    assert own_page.evaluate("document.querySelector('.sd-scroller').scrollTop") == before


def test_a_held_frame_is_a_token_until_it_is_delivered(own_page: Page) -> None:
    made = rows(long_story(400))
    cut = next(row[0] for row in made if row[3] == "choice")
    diagram = Diagram(own_page, made[:cut])
    assert own_page.locator(".sd-token text").all_text_contents() == ["created 3"] * 3
    own_page.evaluate("(rows) => diagram.append(rows)", made[cut : cut + 30])
    expect(own_page.locator(".sd-token")).to_have_count(0)
    assert diagram.call("lanes().length") == 5


def test_neither_the_cursor_nor_a_line_behind_a_dimmed_token_strikes_a_label_through(own_page: Page) -> None:
    made = rows(long_story(400))
    diagram = Diagram(own_page, made[: next(row[0] for row in made if row[3] == "choice")])
    diagram.call("select(1)")
    expect(own_page.locator(".sd-top:has(.sd-token) > .sd-back").first).to_have_css("opacity", "1")
    diagram.call("setCursor(20)")
    expect(own_page.locator(".sd-cursor")).not_to_have_attribute("d", "")
    is_behind = """() => {
        const cursor = document.querySelector('.sd-cursor');
        const labels = [...document.querySelectorAll('.sd-arrow text, .sd-mark text, .sd-band text')];
        const follows = Node.DOCUMENT_POSITION_FOLLOWING;
        return labels.length > 5 && labels.every((label) => cursor.compareDocumentPosition(label) & follows);
    }"""
    own_page.wait_for_function(is_behind)


def test_the_report_draws_a_long_run_from_the_disk_under_its_own_policy(page: Page, tmp_path: Path) -> None:
    records = long_story(10_000)
    trace = Trace(tuple(records))
    scenario = parse_scenario(
        {
            "syncbed": 1,
            "title": "A long run",
            "about": "It goes on and on.",
            "profiles": {"alice": {"tabs": 2}, "bob": {}},
            "judges": ["no_lost_write"],
            "steps": [{"do": "settle"}],
        },
        "long",
    )
    file = tmp_path / "report.html"
    file.write_text(render(scenario, trace, verdict(trace, ["no_lost_write"])), encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator("#diagram .sd-arrow").first).to_be_attached()
    page.get_by_role("button", name="Time as it passed").click()
    expect(page.locator("#diagram .sd-fold").first).to_be_attached()
    page.locator("#only").select_option("bob/1")
    page.locator("#diagram .sd-arrow text").first.click()
    expect(page.locator("#selected a")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as SVG").click()
    assert Path(download.value.path()).read_text("utf-8").startswith("<svg xmlns=")

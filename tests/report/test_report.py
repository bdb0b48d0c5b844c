"""What a run leaves behind: names that travel, a page that asks for nothing and runs nothing it was fed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from syncbed.checkers import Verdict, verdict
from syncbed.report import new_run_folder, render, repro_of, verdict_json, write_run
from syncbed.scenario import Scenario, parse_scenario, read_scenario
from syncbed.trace import Bypass, Note, Ok, Trace
from tests.checkers.story import Story

NOW = datetime(2026, 11, 21, 9, 5, 7, tzinfo=UTC)
FOUR = ["converges", "no_lost_write", "no_duplicate", "in_order_no_gap"]


def scenario(**more: Any) -> Scenario:
    raw = {
        "syncbed": 1,
        "title": "Latte <first>",
        "about": "Alice puts a latte. Bob sees it.",
        "profiles": {"alice": {}, "bob": {}},
        "judges": FOUR,
        "steps": [{"do": "put", "tab": "alice/1", "key": "latte", "title": "latte"}],
        **more,
    }
    return parse_scenario(raw, "latte")


def good() -> Story:
    story = Story()
    story.put("alice/1", "latte", "o1")
    return story


def lost() -> Trace:
    story = good()
    story.ask("alice/1", "espresso", "o2")
    story.say("driver", Ok("o2", version=1))
    return story.end()


def judged(trace: Trace) -> Verdict:
    return verdict(trace, FOUR)


class Page(HTMLParser):
    """A page as a browser reads it: its elements, and what stands in its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style", "title"):
            self._open = dict(attrs).get("id") or tag
            self.raw[self._open] = ""

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.raw[self._open] += data

    @property
    def run(self) -> dict[str, Any]:
        found = json.loads(self.raw["run"])
        assert isinstance(found, dict)
        return found


def page_of(trace: Trace) -> Page:
    return Page(render(scenario(), trace, judged(trace)))


def test_a_folder_is_named_by_scenario_time_and_seed(tmp_path: Path) -> None:
    folder = new_run_folder(tmp_path, "latte", 7, NOW)
    assert folder.relative_to(tmp_path).as_posix() == "latte/2026-11-21T09-05-07-s7"
    assert folder.is_dir()


def test_two_runs_of_one_second_do_not_share_a_folder(tmp_path: Path) -> None:
    first, second = (new_run_folder(tmp_path, "latte", 7, NOW) for _ in range(2))
    assert (first.name, second.name) == ("2026-11-21T09-05-07-s7", "2026-11-21T09-05-07-s7-2")


@pytest.mark.parametrize("name", ["C:\\x", "../../etc", "a:b", "", "...", "with space"])
def test_no_name_can_leave_the_folder_or_hold_a_colon(tmp_path: Path, name: str) -> None:
    folder = new_run_folder(tmp_path, name, 1, NOW)
    assert folder.resolve().parent.parent == tmp_path.resolve()
    assert ":" not in folder.relative_to(tmp_path).as_posix()


def test_a_run_leaves_verdict_repro_and_report(tmp_path: Path) -> None:
    trace = lost()
    write_run(tmp_path, scenario(), trace, judged(trace))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "repro.json", "verdict.json"]
    told = json.loads((tmp_path / "verdict.json").read_text())
    assert (told["verdict"], told["scenario"], told["exit_code"]) == ("violated", "latte", 1)
    assert read_scenario(tmp_path / "repro.json").steps == scenario().steps


def test_the_verdict_says_whether_it_was_as_expected() -> None:
    trace = lost()
    expected = scenario(expected="violated", violates=["no_lost_write"], because="it is known")
    assert verdict_json(expected, trace, judged(trace))["exit_code"] == 0


def test_a_repro_is_a_scenario_with_the_seed_of_the_run() -> None:
    repro = repro_of(scenario(seed=4), lost())
    assert repro["seed"] == 0, "the story was told with seed 0"
    assert parse_scenario(repro).steps == scenario().steps
    assert list(repro)[-1] == "steps"


def test_the_page_tells_verdict_findings_witness_and_trace() -> None:
    trace = lost()
    run = page_of(trace).run
    assert (run["verdict"], run["asExpected"]) == ("violated", False)
    found = {each["invariant"]: each["status"] for each in run["findings"]}
    assert [name for name in found if name in FOUR] == FOUR
    assert [name for name, status in found.items() if status == "violated"] == ["no_lost_write"]
    assert found["expectations"] == "unknown"
    assert run["findings"][1]["witness"][0]["told"].endswith(
        'alice/1 was asked to put "espresso #o2" as espresso (o2)'
    )
    assert len(run["records"]) == len(trace.records)
    assert ["scenario", "latte"] in run["facts"]


def test_a_doubt_is_told() -> None:
    story = good()
    story.say("driver", Bypass("example.org:443", "alice/1", "a socket"))
    assert page_of(story.end()).run["doubts"] == ["traffic bypassed the wire (example.org:443)"]


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>--><img src=x onerror=alert(1)>",
    "{{script}} {{run}}",
    "\u2028\u2029&lt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_recorded_becomes_part_of_the_page(text: str) -> None:
    plain, hostile = good(), good()
    plain.say("driver", Note("harmless"))
    hostile.say("driver", Note(text))
    page = page_of(hostile.end())
    assert page.elements == page_of(plain.end()).elements
    assert page.run["records"][-5:] != []
    assert any(record[4] == text for record in page.run["records"]), "it is there, word for word"


def test_a_hostile_title_is_escaped() -> None:
    page = Page(render(scenario(title="</title><script>alert(1)</script>"), lost(), judged(lost())))
    assert page.raw["title"] == "violated: </title><script>alert(1)</script>"
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 2


def test_the_page_asks_nobody_for_anything() -> None:
    text = render(scenario(), lost(), judged(lost())).replace("http://www.w3.org/2000/svg", "the name of SVG")
    page = Page(text)
    fetching = {"src", "srcset", "data", "action", "ping", "poster"}
    assert [(tag, attrs) for tag, attrs in page.elements if tag == "link" or fetching & attrs.keys()] == []
    assert (
        re.findall(r"(?i)(?<!Object)url\(|@import|https?://|\bfetch\(|\bimport\b|XMLHttpRequest", text) == []
    )


def test_its_policy_lets_its_own_script_and_style_run_and_nothing_else() -> None:
    page = page_of(lost())
    [policy] = [
        attrs["content"] or ""
        for tag, attrs in page.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for part in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.raw[part].encode()).digest()).decode()
        assert f"{part}-src 'sha256-{digest}'" in policy


def test_the_script_writes_text_and_never_html() -> None:
    script = page_of(lost()).raw["script"]
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", script) == []
    )

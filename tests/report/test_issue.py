"""The issue text: what it holds, and that nothing that was recorded can break out of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from syncbed.checkers import verdict
from syncbed.report.issue import ISSUE_CHARACTERS_MAX, fenced, issue, prose
from syncbed.report.sequence import EVENTS_MAX, plain, sequence
from syncbed.scenario import load
from syncbed.trace import Commit, Frame, Header, Invoke, TabMessage, TraceWriter, View
from tests.checkers.story import Story

RAW = dict(load("answer-lost-write-committed").raw)
JUDGES = ("no_duplicate", "no_lost_write", "converges")
NASTY = (
    "x\n```\n# heading\n<script>alert(1)</script> @everyone #12 [a](http://evil.test) "
    "; end\n%% comment\np1->>p2: forged\n| table | <!-- --> </details> www.evil.test `code` ~~~"
)


def twice(title: str = "2 × flat white #order") -> Story:
    """One order that was committed twice."""
    story = Story()
    item = {"id": "a", "title": title, "done": False, "version": 1}
    story.say("driver", Invoke("order", "alice/1", "put", "a", {"title": title}, "order", "orders"))
    for number, key in enumerate("ab", 1):
        name = f"alice/1 POST /api/orders mutation {number} #1"
        about: dict[str, Any] = {
            "tab": "alice/1",
            "layer": "http",
            "method": "POST",
            "path": "/api/orders",
            "mutation": str(number),
        }
        story.say("wire", Frame(f"{name} up", "seen", direction="up", **about))
        story.say("wire", Frame(f"{name} up", "delivered", direction="up", **about))
        story.say(
            "bed",
            Commit("orders", "e1", number, "created", key, 1, "alice", number, {**item, "id": key}),
        )
        did = "lost" if number == 1 else "delivered"
        story.say("wire", Frame(f"{name} down", did, direction="down", status=201, **about))  # type: ignore[arg-type]
    story.say(story.document("bob/1"), View("bob/1", (item, {**item, "id": "b"})))
    return story


def text_of(story: Story, raw: dict[str, Any] = RAW) -> str:
    trace = story.trace
    return issue(raw, trace, verdict(trace, JUDGES))


def test_it_has_title_verdict_witness_command_picture_and_scenario() -> None:
    text = text_of(twice())
    assert text.startswith("# The answer is lost, the write is committed\n")
    assert "**violated**" in text
    assert "What happened (no duplicate):" in text
    assert "syncbed run repro.json --seed 0" in text
    assert "```mermaid\nsequenceDiagram\n" in text
    assert text.rstrip().endswith("</details>")
    block = re.search(r"```json\n(.*?)\n```", text, re.DOTALL)
    assert block is not None
    assert json.loads(block[1]) == RAW


def test_an_unchanged_scenario_of_the_gallery_is_named() -> None:
    trace = twice().trace
    text = issue(RAW, trace, verdict(trace, JUDGES), of_gallery="answer-lost-write-committed")
    assert "\nsyncbed run answer-lost-write-committed --seed 0\n" in text


def test_the_command_names_the_servers_and_the_page_that_it_was_seen_with() -> None:
    trace = twice().trace
    words = ("--upstream", "app=http://localhost:3000", "--adapter", "my page.html")
    text = issue(RAW, trace, verdict(trace, JUDGES), under_test=words)
    command = "syncbed run repro.json --seed 0 --upstream app=http://localhost:3000 --adapter 'my page.html'"
    assert re.sub(r"--seed [0-9]+", "--seed 0", text).count(command) == 1


def test_what_no_command_does_again_is_said_and_no_command_is_told() -> None:
    trace = twice().trace
    text = issue(RAW, trace, verdict(trace, JUDGES), not_replayable="no adapter recorded it")
    assert "**Not replayable**: no adapter recorded it." in text
    assert "syncbed run" not in text


def test_the_picture_shows_the_lost_answer_the_second_request_and_both_commits() -> None:
    drawn = sequence(twice().trace, [])
    assert drawn.count("Note over p3: committed") == 2
    assert re.search(r"p3--xp\d: 201 to m1, lost", drawn)
    assert re.search(r"p\d->>p3: POST m2", drawn)


def test_a_message_is_one_arrow_and_there_are_at_most_twelve_events() -> None:
    story = twice()
    for number in range(200):
        about = {"tab": "alice/1", "layer": "ws", "direction": "down"}
        for did in ("seen", "delivered"):
            story.say("wire", Frame(f"alice/1 /ws #1 down {number}", did, **about))  # type: ignore[arg-type]
    drawn = sequence(story.trace, list(range(8, 260)))
    events = [line for line in drawn.splitlines() if "participant" not in line][1:]
    assert len(events) == EVENTS_MAX
    assert len(set(events)) == EVENTS_MAX


def test_nothing_to_draw_is_no_picture() -> None:
    assert sequence(TraceWriter(None, Header()).trace(), [0]) == ""


NAME = r"[^-;%<>`|{}\[\]@~]+(#\d+;[^-;%<>`|{}\[\]@~]*)*"
MERMAID = re.compile(rf"    (participant p\d+ as {NAME}|Note over p\d+: .+|p\d+(-x|--x|->>|-->>)p\d+: .+)")


def test_no_payload_breaks_out_of_the_picture() -> None:
    story = twice(NASTY)
    story.say("wire", Frame(NASTY, "lost", tab=NASTY, direction="up", method=NASTY, path=NASTY, layer="http"))
    story.say("tab alice/1", TabMessage("alice/1", "sent", NASTY, NASTY))
    trace = story.trace
    drawn = sequence(trace, [record.i for record in trace.records[-9:]])
    lines = drawn.splitlines()
    assert lines[0] == "sequenceDiagram"
    for line in lines[1:]:
        assert MERMAID.fullmatch(line), line
        told = re.sub(r"#\d+;", "", line.split(": ", 1)[-1])
        assert not re.search(r"[;#%<>`|{}\[\]@~]|-->|->>", told.removeprefix("    participant"))
    assert "<script" not in drawn
    assert "%%" not in drawn


def test_no_payload_breaks_out_of_the_text() -> None:
    raw = {**RAW, "title": NASTY, "about": NASTY}
    text = text_of(twice(NASTY), raw)
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<script" not in outside
    assert outside.count("<details>") == outside.count("</details>") == 1
    assert "](http" not in outside
    assert "@everyone" not in outside
    assert "#12" not in outside.replace("&#12", "")
    assert not re.search(r"^#+ heading", outside, re.MULTILINE)
    assert "\n# " not in outside


@pytest.mark.parametrize("text", ["plain", "a ``` b", "```` four", "`" * 9])
def test_a_block_is_not_ended_by_its_own_text(text: str) -> None:
    first, *inside, last = fenced(text, "text").splitlines()
    assert inside == [text]
    assert first == last + "text"
    assert not any(re.search(rf"`{{{len(last)}}}", line) for line in inside)


def test_prose_keeps_what_is_harmless_and_defuses_the_rest() -> None:
    assert prose('alice/1 showed "2 × flat white" v1') == 'alice/1 showed "2 × flat white" v1'
    assert prose("a\n\n# b") == "a &#35; b"
    assert prose("@me #7") == "&#64;&#8203;me &#35;&#8203;7"
    assert prose("<b> [x](y)") == "&#60;b&#62; &#91;x&#93;&#40;y&#41;"
    assert "://" not in prose("see https://evil.test")


def test_mermaid_reads_no_character_of_a_payload() -> None:
    assert plain("a; b # c") == "a#59; b #35; c"
    assert plain("x-->y") == "x--#62;y"
    assert plain("a\nb") == "a b"
    assert len(plain("long " * 100)) < 80


def test_secrets_are_taken_out_once_more() -> None:
    raw = {**RAW, "about": "Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "title": "password=hunter22"}
    text = text_of(twice(), raw)
    assert "abcdefghijklmnop" not in text
    assert "hunter22" not in text


def test_a_scenario_that_is_too_long_is_left_out_and_that_is_said() -> None:
    steps = [{"do": "heal", "about": "x" * 100}] * 1000
    text = text_of(twice(), {**RAW, "steps": steps})
    assert len(text) < ISSUE_CHARACTERS_MAX
    assert "too long" in text


def test_a_commit_is_told_and_drawn_before_the_answer_though_the_bed_read_it_later() -> None:
    story = Story()
    item = {"id": "a", "title": "2 × flat white #order", "done": False, "version": 1}
    story.say("driver", Invoke("order", "alice/1", "put", "a", {"title": item["title"]}, "order", "orders"))
    for number, key in enumerate("ab", 1):
        name = f"alice/1 POST /api/orders mutation {number} #1"
        about: dict[str, Any] = {"tab": "alice/1", "layer": "http", "method": "POST", "path": "/api/orders"}
        about["mutation"] = str(number)
        story.say("wire", Frame(f"{name} up", "seen", direction="up", stage="request", **about))
        story.say("wire", Frame(f"{name} up", "delivered", direction="up", stage="request", **about))
        told = json.dumps({**item, "id": key})
        down: dict[str, Any] = {**about, "direction": "down", "stage": "response", "status": 201}
        story.say("wire", Frame(f"{name} down", "seen", payload=told, **down))
        did: Any = "lost" if number == 1 else "delivered"
        story.say("wire", Frame(f"{name} down", did, why="cut" * (number == 1), **down))
        commit = Commit("orders", "e1", number, "created", key, 1, "alice", number, {**item, "id": key})
        story.say("bed", commit)
    trace = story.trace
    finding = next(one for one in verdict(trace, JUDGES).findings if one.invariant == "no_duplicate")
    kinds = [(record.what.kind, getattr(record.what, "direction", "")) for record in finding.witness]
    assert kinds.index(("commit", "")) < kinds.index(("frame", "down"))
    assert [line.split(" ")[0] for line in finding.told()] == [f"#{record.i}" for record in finding.witness]
    text = text_of(story)
    listed, _, drawn = text.partition("```mermaid")
    assert listed.index("committed") < listed.index("was lost")
    assert drawn.index("committed") < drawn.index("201 to m1")

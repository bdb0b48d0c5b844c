"""One verdict of several findings, the doubts that outweigh them, and exit codes."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

import syncbed.checkers
from syncbed.checkers import CHECKERS, INVARIANTS, Status, exit_code, verdict
from syncbed.trace import Bypass, Expectation, Lifted, Note, Ok, Stopped, View
from tests.checkers.story import Story

FOUR = ["converges", "no_lost_write", "no_duplicate", "in_order_no_gap"]


def good() -> Story:
    story = Story()
    story.put("alice/1", "latte", "o1")
    return story


def bad() -> Story:
    """An acknowledged write that nobody has."""
    story = good()
    story.ask("alice/1", "espresso", "o2")
    story.say("driver", Ok("o2", version=1))
    return story


def test_all_that_is_judged_holds() -> None:
    found = verdict(good().end(), FOUR)
    assert (found.status, found.reason, found.doubts) == ("ok", "4 invariants hold", ())


def test_what_is_violated_counts_more_than_what_is_unknown() -> None:
    found = verdict(bad().end(), [*FOUR, "expectations"])
    assert found.status == "violated"
    assert found.violated() == ["no_lost_write"]
    assert found.reason == "no_lost_write: o2 was acknowledged and is not in the committed log"


def test_what_is_unknown_counts_more_than_what_holds() -> None:
    found = verdict(good().end(), [*FOUR, "expectations"])
    assert (found.status, found.reason) == (
        "unknown",
        "expectations: never exercised: no expect step was reached",
    )


def test_what_is_not_judged_does_not_count_and_is_told() -> None:
    found = verdict(bad().end(), ["converges"])
    assert found.status == "ok"
    assert [finding.invariant for finding in found.findings] == list(CHECKERS)
    assert [finding.invariant for finding in found.judged()] == ["converges"]


def test_judging_nothing_is_unknown() -> None:
    assert verdict(good().end(), []).status == "unknown"


@pytest.mark.parametrize(
    ("what", "doubt"),
    [
        (Bypass("example.org:443", "alice/1", "a socket"), "traffic bypassed the wire (example.org:443)"),
        (Stopped(3, "alice/1 was not connected within 5000 ms"), "the run stopped at step 3: alice/1 was"),
    ],
)
def test_a_doubt_about_the_run_makes_it_unknown(what: Bypass | Stopped, doubt: str) -> None:
    story = good()
    story.say("driver", what)
    found = verdict(story.end(), FOUR)
    assert found.status == "unknown"
    assert found.reason.startswith(doubt)


def test_a_fault_without_a_receipt_had_no_effect() -> None:
    story = good()
    story.fault("r1", receipt=False)
    story.say("wire", Lifted("r1"))
    found = verdict(story.end(), FOUR)
    assert (found.status, found.reason) == (
        "unknown",
        'fault had no effect (fault r1 began: {"kind": "cut"})',
    )


def test_a_fault_with_a_receipt_is_no_doubt() -> None:
    story = good()
    story.fault("r1")
    assert verdict(story.end(), FOUR).status == "ok"


def test_a_receipt_counts_for_the_use_of_an_id_that_it_came_after() -> None:
    story = good()
    story.fault("r1")
    story.say("wire", Lifted("r1"))
    story.fault("r1", receipt=False)
    story.say("wire", Lifted("r1"))
    found = verdict(story.end(), FOUR)
    assert found.doubts == ('fault had no effect (fault r1 began: {"kind": "cut"})',)


def test_a_report_that_was_lost_is_a_doubt() -> None:
    story = good()
    story.writer.write("tab alice/1", Note("x"), at_ms=99, n=99)
    assert "tab alice/1: record" in verdict(story.end(), FOUR).reason


def test_a_doubt_hides_no_violation() -> None:
    story = bad()
    story.fault("r1", receipt=False)
    found = verdict(story.end(), FOUR)
    assert found.status == "unknown"
    assert "all the same violated: no_lost_write" in found.reason


def test_a_truncated_trace_is_a_doubt() -> None:
    trace = good().end()
    cut = type(trace)(trace.records, "line 9 has no end")
    assert verdict(cut, FOUR).doubts == ("line 9 has no end",)


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        ("ok", "ok", 0),
        ("violated", "ok", 1),
        ("unknown", "ok", 3),
        ("ok", "violated", 1),
        ("violated", "violated", 0),
        ("unknown", "violated", 3),
        ("ok", "unknown", 1),
        ("violated", "unknown", 1),
        ("unknown", "unknown", 0),
    ],
)
def test_the_exit_code_says_whether_it_is_as_expected(status: Status, expected: Status, code: int) -> None:
    story = {"ok": good, "violated": bad, "unknown": Story}[status]()
    found = verdict(story.end(), FOUR)
    assert found.status == status
    assert exit_code(found, expected, ["no_lost_write"] if expected == "violated" else []) == code


def test_another_violation_than_the_expected_one_is_not_as_expected() -> None:
    found = verdict(bad().end(), FOUR)
    assert exit_code(found, "violated", ["no_duplicate"]) == 1
    assert exit_code(found, "violated", ["no_lost_write", "no_duplicate"]) == 1


def test_expectations_are_judged_with_what_was_shown() -> None:
    story = good()
    story.say("driver", Expectation(4, "shows", True, 'bob/1 shows "latte #o1"', tab="bob/1"))
    assert verdict(story.trace, ["expectations"]).status == "ok"
    story.say("driver", Expectation(5, "shows", False, 'bob/1 shows "tea #o9"', "1 item", "bob/1"))
    found = verdict(story.trace, ["expectations"])
    assert found.reason == 'expectations: step 5: expected bob/1 shows "tea #o9", found 1 item'
    [finding] = found.judged()
    assert [type(record.what) for record in finding.witness] == [View, Expectation]


def test_a_verdict_is_json() -> None:
    told = json.loads(json.dumps(verdict(bad().end(), FOUR).to_json()))
    assert told["verdict"] == "violated"
    [finding] = [each for each in told["findings"] if each["status"] == "violated"]
    assert finding["witness"][0]["told"].startswith("#")


def test_every_invariant_with_a_name_has_its_checker() -> None:
    assert list(CHECKERS) == list(INVARIANTS)


def test_every_invariant_is_documented_under_its_own_heading() -> None:
    page = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text()
    assert [name for name in INVARIANTS if f"\n## {name}\n" not in page] == []
    assert [text for text in INVARIANTS.values() if text not in " ".join(page.split())] == []


def test_the_judges_import_the_standard_library_and_the_trace_alone() -> None:
    folder = Path(syncbed.checkers.__file__).parent
    trace = folder.parent / "trace"
    for files, own, more in (
        (folder.glob("*.py"), folder, {"trace"}),
        (trace.glob("*.py"), trace, {"redaction"}),
        ([folder.parent / "redaction.py"], folder.parent, set()),
    ):
        allowed = {*sys.stdlib_module_names, *more}
        for file in files:
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level != 1:
                    names = [node.module or ""]
                else:
                    continue  # a sibling in the same package
                for name in names:
                    assert name.split(".")[0] in allowed, f"{own.name}/{file.name} imports {name}"

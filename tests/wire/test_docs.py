"""docs/wire.md says what is there, and its examples are true."""

import dataclasses
import json
import re
from pathlib import Path

from syncbed.wire import EVENTS, Wire, WireSettings, upstream_from_text
from syncbed.wire.control import Control, endpoints
from syncbed.wire.documents import CHANGES, LIMITS
from syncbed.wire.faults import FAULTS
from syncbed.wire.match import STAGES, Match
from syncbed.wire.rules import RuleBook

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.split(f"## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_rules_it_shows_are_rules() -> None:
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert shown
    for rules in shown:
        assert len(RuleBook().parse(rules)) == len(rules)


def test_its_table_has_every_fault_with_its_keys_and_stages() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*?) \| (.*?) \|$", section("Faults"), re.MULTILINE)
    assert [kind for kind, _, _ in rows] == list(FAULTS)
    for kind, keys, stages in rows:
        fault = FAULTS[kind]
        named = {key.split(":")[0] for key in re.findall(r"`([\w: ]+)`", keys)}
        assert named == {field.name for field in dataclasses.fields(fault)}, kind
        usual = " ".join(re.findall(r"\*\*(.*?)\*\*", stages)).split()
        assert set(usual) == set(fault.default_stages), kind
        assert {stage for stage in STAGES if re.search(rf"\b{stage}\b", stages)} == set(fault.stages), kind
        assert ("now" in stages) == (fault.strikes and not fault.strikes_always), kind


def test_it_names_every_key_of_a_match() -> None:
    listed = re.search(r"`match` takes `([^`]*)`", PAGE)
    assert listed is not None
    assert listed[1].split() == [field.name for field in dataclasses.fields(Match)]


def test_it_names_every_endpoint_and_no_other() -> None:
    wire = Wire(WireSettings((upstream_from_text("http://127.0.0.1:1"),)))
    there = {f"{method} {path}" for method, path in endpoints(Control(wire))}
    assert set(re.findall(r"`((?:GET|POST|DELETE) /[^`?]*)`", section("The REST API"))) == there


def test_it_names_every_event_and_no_other() -> None:
    single = "silenced|stalled|lifted|substituted|reset"
    named = set(re.findall(rf"`([a-z]+_[a-z_]+|{single})`", section("Events")))
    assert named == set(EVENTS)


def test_its_tables_have_every_change_of_a_document_and_every_limit() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*?) \|$", section("Documents"), re.MULTILINE))
    assert rows == CHANGES | LIMITS

"""The table of commands: every one checks what it is given, and says what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from syncbed.lab.commands import COMMANDS, checked
from syncbed.lab.errors import CODES, LabError
from syncbed.scenario.schema import MISSING

# Those that the page relies on; docs/lab.md lists the same.
MESSAGES = ("deliver", "end_before", "end_after", "drop", "duplicate", "reorder")
NETWORK = ("hold", "go", "step", *MESSAGES, "fire", "advance")
FAULTS = ("add_rule", "remove_rule", "heal", "offline", "tab_fault")
SERVERS = ("kill_server", "start_server", "stop_redis", "start_redis")
TABS = ("open_tab", "close_tab", "reload", "pop_out", "act", "hosts")
SCENARIOS = ("load", "play", "pause", "reset", "run_to", "judge", "real_tabs", "compare")
LEAVE = ("record", "scenario", "link", "issue")
NAMES = (*NETWORK, *FAULTS, *SERVERS, *TABS, *SCENARIOS, *LEAVE)

GOOD: dict[str, dict[str, Any]] = {
    "deliver": {"message": "alice/1 /ws #1 up 1"},
    "end_before": {"message": "f1"},
    "end_after": {"message": "f1"},
    "drop": {"message": "f1"},
    "duplicate": {"message": "f1"},
    "reorder": {"message": "f1"},
    "fire": {"tab": "alice/1", "timer": "pulse.js listen #1"},
    "advance": {"by_ms": 1000},
    "add_rule": {"rule": {"fault": {"kind": "cut"}}},
    "remove_rule": {"rule": "cut-1"},
    "offline": {"tab": "alice/1", "on": True},
    "tab_fault": {"tab": "alice/1", "kind": "busy", "for_ms": 10},
    "kill_server": {"name": "a"},
    "start_server": {"name": "a"},
    "open_tab": {"profile": "alice"},
    "close_tab": {"tab": "alice/1"},
    "reload": {"tab": "alice/1"},
    "pop_out": {"tab": "alice/1"},
    "act": {"tab": "alice/1", "kind": "put", "title": "1 × espresso"},
    "load": {"scenario": "multi-tab"},
    "run_to": {"record": 3},
    "record": {"on": True},
    "hosts": {"resolves": False},
}


def refusal(name: str, given: dict[str, Any]) -> LabError:
    with pytest.raises(LabError) as caught:
        checked(name, given)
    return caught.value


def test_the_table_holds_what_the_page_asks_for() -> None:
    assert set(COMMANDS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_takes_what_it_says(name: str) -> None:
    command, found = checked(name, GOOD.get(name, {}))
    assert set(found) == set(command.takes.entries)


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_that_nobody_knows_is_named_with_those_that_are_allowed(name: str) -> None:
    error = refusal(name, {**GOOD.get(name, {}), "colour": "red"})
    assert error.code == "invalid"
    assert f"{name}: /colour: unknown key 'colour'" in error.text


@pytest.mark.parametrize("name", [name for name in NAMES if name in GOOD])
def test_an_argument_that_is_missing_is_named_with_what_may_stand_there(name: str) -> None:
    needed = [key for key, entry in COMMANDS[name].takes.entries.items() if entry.default is MISSING]
    error = refusal(name, {})
    for key in needed:
        assert f"/{key}: is missing (allowed: " in error.text


@pytest.mark.parametrize(
    ("name", "given", "path"),
    [
        ("advance", {"by_ms": -1}, "/by_ms"),
        ("advance", {"by_ms": True}, "/by_ms"),
        ("advance", {"by_ms": float("nan")}, "/by_ms"),
        ("deliver", {"message": ""}, "/message"),
        ("deliver", {"message": ["f1"]}, "/message"),
        ("open_tab", {"profile": "../etc"}, "/profile"),
        ("reload", {"tab": "alice"}, "/tab"),
        ("tab_fault", {"tab": "alice/1", "kind": "open"}, "/kind"),
        ("act", {"tab": "alice/1", "kind": "explode"}, "/kind"),
        ("load", {"scenario": 7}, "/scenario"),
        ("load", {"scenario": "multi-tab", "bug": "no-such-bug"}, "/bug"),
        ("run_to", {"record": -1}, "/record"),
        ("hosts", {"resolves": "no"}, "/resolves"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(
    name: str, given: dict[str, Any], path: str
) -> None:
    error = refusal(name, given)
    assert f"{name}: {path}: " in error.text
    assert "(allowed: " in error.text


def test_an_unknown_command_is_told_the_others() -> None:
    error = refusal("format_disk", {})
    assert error.code == "unknown"
    assert "end_before" in error.text


def test_an_error_is_a_code_of_the_table_and_a_sentence() -> None:
    assert refusal("nothing", {}).to_json().keys() == {"code", "text"}
    with pytest.raises(AssertionError):
        LabError("no_such_code", "")
    assert all(text for text in CODES.values())

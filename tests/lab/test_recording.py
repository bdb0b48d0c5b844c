"""The recording: what was done, in order, as a file that is valid and does the same."""

from __future__ import annotations

from typing import Any

from syncbed.lab.free import free_scenario
from syncbed.lab.recording import NOT_TAKEN, recorded, steps_of
from syncbed.scenario import Scenario, load, parse_scenario
from syncbed.trace import Invoke, Kind, Note, Ok, Record, Step, TabLife

BASE = free_scenario({"alice": 0, "bob": 0})
CAPS = ("server_authority", "offline", "tabs", "order", "idempotent")


def records(*what: Kind) -> list[Record[Kind]]:
    return [Record(i, "driver", i + 1, float(i), each) for i, each in enumerate(what)]


def opened(*tabs: str) -> list[Kind]:
    return [TabLife(tab, "opened", f"tab {tab}") for tab in tabs]


def step(do: str, number: int = 0, **keys: Any) -> Step:
    return Step(number, {"do": do, **keys})


def put(op: str, tab: str = "alice/1", title: str = "1 × espresso") -> Invoke:
    return Invoke(op, tab, "put", "e1", {"title": title, "done": False}, "", "orders")


def again(*what: Kind, base: Scenario = BASE) -> Scenario:
    return parse_scenario(recorded(base, records(*what), CAPS, None), "recorded")


def test_what_the_lab_did_is_recorded_as_the_step_that_it_was() -> None:
    assert steps_of(
        records(
            *opened("alice/1"),
            step("hold"),
            step("deliver", message="alice/1 POST /api/orders mutation 1 #1 up", within_ms=0),
            step("advance", by_ms=1000),
            step("go"),
        )
    ) == [
        {"do": "hold"},
        {"do": "deliver", "message": "alice/1 POST /api/orders mutation 1 #1 up"},
        {"do": "advance", "by_ms": 1000},
        {"do": "go"},
    ]


def test_what_goes_without_saying_is_left_out() -> None:
    raw = {"do": "put", "tab": "alice/1", "key": "a", "title": "b", "done": False, "times": 1, "id": "x"}
    [found] = steps_of(records(Step(0, {**raw, "until": "local", "within_ms": 5000})))
    assert found == {"do": "put", "tab": "alice/1", "key": "a", "title": "b", "id": "x"}


def test_a_users_own_act_is_recorded_and_the_driver_s_is_not_told_twice() -> None:
    found = steps_of(
        records(
            *opened("alice/1"),
            step("put", tab="alice/1", key="a", title="by the lab", id="mine"),
            Invoke("mine", "alice/1", "put", "a", {"title": "by the lab #mine"}, "mine", "orders"),
            put("page-7", title="by hand #o3"),
        )
    )
    assert [each["title"] for each in found] == ["by the lab", "by hand"]
    assert [each["id"] for each in found] == ["mine", "page-7"]


def test_an_act_that_the_server_had_answered_before_the_next_waits_for_that() -> None:
    one, two = put("page-1"), put("page-2")
    assert [each.get("until") for each in steps_of(records(one, Ok("page-1"), two))] == ["server", None]
    assert [each.get("until") for each in steps_of(records(one, two, Ok("page-1"), Ok("page-2")))] == [
        None,
        "server",
    ]


def test_held_acts_wait_for_nobody() -> None:
    found = steps_of(records(step("hold"), put("page-1"), Ok("page-1")))
    assert "until" not in found[-1]


def test_names_that_a_file_keeps_for_itself_are_made_others() -> None:
    ids = [each["id"] for each in steps_of(records(put("o7"), put("7f-A_b"), put("É")))]
    assert ids == ["op-7", "op-7f-a-b", "op"]


def test_tabs_that_were_there_first_are_the_profiles_and_later_ones_are_steps() -> None:
    story = (*opened("alice/1", "alice/2"), put("page-1"), *opened("alice/3"), TabLife("alice/3", "closed"))
    found = again(*story)
    assert found.profiles["alice"].tabs == 2
    assert [each.do for each in found.steps if each.do in ("open", "close")] == ["open", "close"]
    assert "bob" not in found.profiles


def test_a_profile_that_came_later_is_there_from_the_start_as_the_format_has_it() -> None:
    found = again(*opened("alice/1"), put("page-1"), *opened("bob/1"), put("page-2", "bob/1"))
    assert found.profiles["bob"].tabs == 1
    assert "open" not in [each.do for each in found.steps]


def test_a_profile_that_was_made_on_the_way_is_one_of_the_file() -> None:
    found = again(
        *opened("alice/1"), step("open", tab="carol/1"), *opened("carol/1"), put("page-1", "carol/1")
    )
    assert "carol" in found.profiles
    assert "open" not in [each.do for each in found.steps]


def test_a_document_that_its_user_loaded_again_is_a_reload() -> None:
    found = steps_of(records(*opened("alice/1"), put("page-1"), TabLife("alice/1", "reloaded")))
    assert found[-1] == {"do": "reload", "tab": "alice/1"}


def test_a_reload_by_a_step_is_one_reload() -> None:
    found = steps_of(
        records(*opened("alice/1"), step("reload", tab="alice/1"), TabLife("alice/1", "reloaded"))
    )
    assert found == [{"do": "reload", "tab": "alice/1"}]


def test_a_recording_is_a_valid_scenario_that_needs_what_it_uses() -> None:
    rule = {"id": "cut-1", "match": {"profile": "alice", "kind": "ws"}, "now": True, "fault": {"kind": "cut"}}
    found = again(
        *opened("alice/1", "bob/1"),
        put("page-1"),
        step("add_rule", rule={**rule, "fitted": 3, "acted": 1, "hit": ["c1"]}),
        step("hold"),
        step("fire", tab="alice/1", timer="pulse.js listen #1"),
        step("heal"),
    )
    assert {"cut", "hold", "server_authority"} <= set(found.needs)
    assert [each.do for each in found.steps][:3] == ["wait", "wait", "settle"]
    assert found.steps[4]["rule"] == rule


def test_a_scenario_that_was_played_is_recorded_as_itself() -> None:
    original = load("answer-lost-write-committed")
    story = [Step(each.number, each.to_json()) for each in original.steps]
    found = parse_scenario(
        recorded(original, records(*opened("alice/1", "bob/1"), *story), CAPS, None), "again"
    )
    assert found.raw["steps"] == original.raw["steps"]
    assert (found.title, found.judges, found.needs) == (original.title, original.judges, original.needs)


def test_a_step_that_could_not_be_taken_is_left_out() -> None:
    found = steps_of(
        records(
            step("heal", 4),
            step("freeze", 5, tab="alice/1"),
            Note(NOT_TAKEN, {"step": 5, "why": "a pane cannot"}),
            step("settle", 6),
        )
    )
    assert [each["do"] for each in found] == ["heal", "settle"]


def test_a_pause_is_nobodys_act() -> None:
    assert steps_of(records(step("pause", text="Press X"), step("hold"))) == [{"do": "hold"}]


def test_where_nothing_was_done_there_is_still_a_scenario() -> None:
    assert [each.do for each in again(*opened("alice/1")).steps] == ["wait", "settle"]
    assert [each.do for each in again().steps] == ["wait", "settle"]

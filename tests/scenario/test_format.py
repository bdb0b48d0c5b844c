"""A scenario file is checked as a whole: every problem, its path, what is allowed there."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from syncbed.scenario import STEPS, ScenarioError, load, parse_scenario, read_scenario

SOUND: dict[str, Any] = {
    "syncbed": 1,
    "title": "Two profiles",
    "about": "Alice puts, Bob sees it.",
    "profiles": {"alice": {"tabs": 2}, "bob": {}},
    "needs": ["cut", "delay"],
    "judges": ["converges", "expectations"],
    "steps": [
        {"do": "put", "tab": "alice/1", "key": "latte", "title": "latte", "id": "first"},
        {"do": "add_rule", "rule": {"id": "slow", "fault": {"kind": "delay", "delay_ms": 5}}},
        {"do": "fault", "id": "cut-bob", "on": "bob", "fault": {"kind": "cut"}},
        {"do": "expect", "that": {"is": "shows", "tab": "bob/1", "op": "first"}},
    ],
}


def changed(change: Any) -> dict[str, Any]:
    raw = copy.deepcopy(SOUND)
    change(raw)
    return raw


def problems(raw: object) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(raw)
    return [str(problem) for problem in caught.value.problems]


def one_problem(change: Any) -> str:
    [problem] = problems(changed(change))
    return problem


def test_defaults_are_filled_in() -> None:
    scenario = parse_scenario(SOUND, "two")
    assert (scenario.name, scenario.mode, scenario.seed, scenario.collection) == ("two", "free", 1, "orders")
    assert (scenario.world.broker, scenario.world.instances, scenario.world.instance_names) == (
        "memory",
        1,
        "a",
    )
    assert list(scenario.tabs()) == ["alice/1", "alice/2", "bob/1"]
    assert scenario.expected == "ok"
    put, _, _, expect = scenario.steps
    assert (put.do, put["times"], put["until"], put.op, put.ops) == ("put", 1, "local", "first", ["first"])
    assert expect["that"]["within_ms"] == 5000
    assert scenario.raw is SOUND


def test_an_op_without_an_id_is_called_by_its_step() -> None:
    scenario = parse_scenario(changed(lambda raw: raw["steps"].insert(0, {"do": "connect", "tab": "bob/1"})))
    assert scenario.steps[0].op == "o0"


def test_a_burst_makes_an_op_for_each_time() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["steps"][0].update(times=3, id="x")
        raw["steps"][3]["that"]["op"] = "x-2"

    assert parse_scenario(changed(change)).steps[0].ops == ["x-1", "x-2", "x-3"]


def test_a_fault_step_is_a_rule_of_the_wire() -> None:
    rules = [step.rule for step in parse_scenario(SOUND).steps[1:3]]
    assert rules == [
        {"id": "slow", "fault": {"kind": "delay", "delay_ms": 5}},
        {"id": "cut-bob", "match": {"profile": "bob", "kind": "ws"}, "now": True, "fault": {"kind": "cut"}},
    ]


def test_a_fault_that_lasts_strikes_nothing_now() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["steps"][2]["fault"] = {"kind": "offline"}
        raw["needs"] = ["delay", "offline"]

    rule = parse_scenario(changed(change)).steps[2].rule
    assert rule == {"id": "cut-bob", "match": {"profile": "bob"}, "fault": {"kind": "offline"}}


def test_all_problems_are_told_at_once() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["colour"] = "red"
        del raw["title"]
        raw["mode"] = "slow"
        raw["steps"][0]["times"] = 0
        raw["steps"][1] = {"do": "explode"}

    assert problems(changed(change)) == [
        "/colour: unknown key 'colour' (allowed: syncbed, title, about, world, profiles, collection, "
        "dialect, mode, needs, judges, expected, violates, because, bug, seed, settle_ms_max, steps)",
        "/title: is missing (allowed: text of 1 to 100 characters)",
        "/mode: 'slow' is not known (allowed: free, held)",
        "/steps/0/times: 0 is no whole number in range (allowed: 1 to 1000)",
        f"/steps/1/do: 'explode' is not known (allowed: {', '.join(STEPS)})",
    ]


def test_a_wrong_rule_is_told_in_the_wires_words_at_its_place() -> None:
    assert one_problem(lambda raw: raw["steps"][1]["rule"]["fault"].update(delay_ms=-1)) == (
        "/steps/1/rule/fault/delay_ms: -1 is no number in range (allowed: 0 to 600000)"
    )
    assert one_problem(lambda raw: raw["steps"][2]["fault"].update(kind="snip")).startswith(
        "/steps/2/fault/kind: 'snip' is no fault (allowed: cut, close, refuse, "
    )
    assert one_problem(lambda raw: raw["steps"][2].update(fault={"kind": "drop"})) == (
        "/steps/2/fault/tcp_impossible: drop changes one frame of a living connection, which TCP never does "
        "(allowed: true)"
    )


def test_a_rule_needs_an_id_for_its_receipt() -> None:
    assert "/steps/1/rule/id: is missing" in one_problem(lambda raw: raw["steps"][1]["rule"].pop("id"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda raw: raw["steps"][0].update(tab="carol/1"),
            "/steps/0/tab: 'carol/1' is not open here (allowed: alice/1, alice/2, bob/1)",
        ),
        (
            lambda raw: (
                raw["steps"].insert(0, {"do": "close", "tab": "alice/1"}) or raw["needs"].append("close")
            ),
            "/steps/1/tab: 'alice/1' is not open here (allowed: alice/2, bob/1)",
        ),
        (
            lambda raw: raw["steps"].insert(0, {"do": "open", "tab": "bob/1"}),
            "/steps/0/tab: 'bob/1' is open already",
        ),
        (
            lambda raw: raw["steps"][3]["that"].update(op="second"),
            "/steps/3/that/op: no earlier step has the id 'second' (allowed: first)",
        ),
        (
            lambda raw: raw["steps"].append(raw["steps"][0]),
            "/steps/4/id: another op is called 'first'",
        ),
        (
            lambda raw: raw["steps"].append(raw["steps"][2]),
            "/steps/4/id: a rule 'cut-bob' is in force already",
        ),
        (
            lambda raw: raw["steps"].append({"do": "remove_rule", "id": "quick"}),
            "/steps/4/id: no rule 'quick' is in force (allowed: cut-bob, slow)",
        ),
        (
            lambda raw: raw["steps"][2].update(on="carol"),
            "/steps/2/on: there is no 'carol' (allowed: alice, bob, alice/1, alice/2, bob/1)",
        ),
        (
            lambda raw: raw["steps"].append({"do": "go"}) or raw["needs"].append("hold"),
            '/steps/4/do: go needs a held network (allowed: a hold step before, "mode": "held")',
        ),
        (
            lambda raw: (
                raw["steps"].extend([{"do": "hold"}, {"do": "go"}, {"do": "advance", "by_ms": 1}])
                or raw["needs"].append("hold")
            ),
            '/steps/6/do: advance needs a held network (allowed: a hold step before, "mode": "held")',
        ),
        (
            lambda raw: raw["steps"].append({"do": "stop_redis"}) or raw["needs"].append("stop_redis"),
            '/steps/4/do: stop_redis: this world has no Redis (allowed: "broker": "redis")',
        ),
        (
            lambda raw: raw["profiles"]["bob"].update(instance="b"),
            "/profiles/bob/instance: the world has no such instance (allowed: a)",
        ),
        (
            lambda raw: raw.update(world={"instances": 2}),
            "/world/instances: several instances are one world only behind Redis (allowed: 1)",
        ),
        (
            lambda raw: raw.update(needs=["cut"]),
            "/needs: lacks 'delay', which /steps/1 uses (allowed: cut, delay)",
        ),
        (
            lambda raw: raw["needs"].append("freeze"),
            "/needs/2: no step uses 'freeze' (allowed: server_authority, crdt, offline, tabs, rpc, order, "
            "idempotent, delay, cut)",
        ),
        (
            lambda raw: raw.update(judges=["converges"]),
            "/judges: there are expect steps, and nobody judges them (allowed: expectations, besides)",
        ),
        (
            lambda raw: raw.update(expected="unknown"),
            "/because: is missing: say why the verdict is not ok (allowed: a sentence)",
        ),
        (
            lambda raw: raw.update(expected="violated", because="so"),
            "/violates: is missing: say which invariants are violated (allowed: converges, expectations)",
        ),
        (
            lambda raw: raw.update(expected="violated", because="so", violates=["no_duplicate"]),
            "/violates/0: 'no_duplicate' is not judged (allowed: converges, expectations)",
        ),
        (
            lambda raw: raw["steps"][0].update(id="o3") or raw["steps"][3]["that"].update(op="o3"),
            "/steps/0/id: o and a number is what steps without an id are called",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(change: Any, problem: str) -> None:
    assert one_problem(change) == problem


def test_a_duplicated_tab_can_be_used() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["steps"].append({"do": "duplicate_tab", "tab": "bob/1", "as": "bob/2"})
        raw["steps"].append({"do": "read", "tab": "bob/2"})
        raw["needs"].append("duplicate_tab")

    assert parse_scenario(changed(change)).steps[-1]["tab"] == "bob/2"


def test_a_version_that_is_not_known_is_refused() -> None:
    assert one_problem(lambda raw: raw.update(syncbed=2)) == "/syncbed: 2 is not known (allowed: 1)"


@pytest.mark.parametrize("raw", [None, [], "x", 3, {}])
def test_what_is_no_scenario_at_all_is_refused(raw: object) -> None:
    assert problems(raw)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.json"
    path.write_text('{"title":"a","title":"b"}')
    with pytest.raises(ScenarioError, match="the key 'title' stands twice in one object"):
        read_scenario(path)


def test_a_file_is_a_scenario_named_by_it(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps(SOUND))
    assert read_scenario(path).name == "two"
    assert load(str(path)).title == "Two profiles"


def test_a_name_that_is_neither_in_the_gallery_nor_a_file_is_refused() -> None:
    with pytest.raises(ScenarioError, match="nowhere: /: there is no such scenario or file"):
        load("nowhere")

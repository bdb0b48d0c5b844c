"""The rule book decides, counts, and refuses what can never act."""

import pytest

from syncbed.wire import WireError
from syncbed.wire.faults import actions
from syncbed.wire.message import Direction, Message, Stage
from syncbed.wire.rules import RULES_MAX, RuleBook, rule_from_json


def message(stage: Stage = "frame", number: int = 1, payload: str = "x") -> Message:
    direction: Direction = "down" if stage in ("response", "chunk") else "up"
    return Message(
        stage, direction, "alice", "1", "main", connection=1, frame=number, path="/ws", payload=payload
    )


def book(*raw: dict[str, object], seed: int = 0) -> RuleBook:
    made = RuleBook(seed)
    made.add(made.parse(list(raw)))
    return made


def test_the_first_rule_that_fits_decides() -> None:
    rules = book(
        {"id": "other", "match": {"profile": "bob"}, "fault": {"kind": "cut"}},
        {"id": "late", "fault": {"kind": "delay", "delay_ms": 5}},
        {"id": "never", "fault": {"kind": "cut"}},
    )
    decision = rules.decide(message(), 0)
    assert decision is not None
    assert decision.rule.id == "late"
    assert decision.action == actions.Deliver(after_ms=5)


def test_a_rule_skips_the_first_and_is_spent_at_its_limit() -> None:
    rules = book({"id": "third", "skip": 2, "limit": 2, "fault": {"kind": "cut"}})
    acted = [rules.decide(message(number=n), 0) is not None for n in range(1, 7)]
    assert acted == [False, False, True, True, False, False]
    rule = rules.rules["third"]
    assert (rule.fitted, rule.acted, rule.spent) == (4, 2, True)


def test_a_spent_rule_lets_the_next_one_have_its_turn() -> None:
    rules = book({"limit": 1, "fault": {"kind": "cut"}}, {"fault": {"kind": "delay", "delay_ms": 1}})
    first, second = rules.decide(message(), 0), rules.decide(message(), 0)
    assert first is not None
    assert second is not None
    assert (first.action, second.action) == (actions.Cut(), actions.Deliver(1))


def test_chance_is_the_same_for_the_same_seed_and_message_and_differs_between_seeds() -> None:
    def acted(seed: int) -> list[bool]:
        rules = book({"id": "r", "chance": 0.5, "fault": {"kind": "cut"}}, seed=seed)
        return [rules.decide(message(number=n), now_ms=n) is not None for n in range(1, 101)]

    assert acted(1) == acted(1)
    assert acted(1) != acted(2)
    assert 30 < sum(acted(1)) < 70


def test_a_rule_acts_only_at_the_stages_of_its_fault() -> None:
    rules = book({"fault": {"kind": "http_status"}})
    assert rules.decide(message("frame"), 0) is None
    assert rules.decide(message("response"), 0) is None
    assert rules.decide(message("request"), 0) is not None


def test_a_rule_that_strikes_at_once_leaves_later_messages_alone() -> None:
    assert book({"now": True, "fault": {"kind": "cut"}}).decide(message(), 0) is None


def test_the_book_says_when_a_body_has_to_be_read_first() -> None:
    assert book({"match": {"mutation": 7}, "fault": {"kind": "stall"}}).wants_body(message("request"))
    assert book({"fault": {"kind": "http_status"}}).wants_body(message("request"))
    assert not book({"fault": {"kind": "stall"}}).wants_body(message("request"))
    assert not book({"match": {"path": "/other"}, "fault": {"kind": "cut"}}).wants_body(message("request"))


def test_a_rule_is_its_json() -> None:
    raw = {
        "id": "r1",
        "match": {"tab": "1", "json": {"/a": 1}},
        "skip": 1,
        "limit": 2,
        "chance": 0.5,
        "fault": {"kind": "cut", "when": "after"},
    }
    written = rule_from_json(raw).to_json()
    assert written == {**raw, "fitted": 0, "acted": 0, "hit": []}
    assert rule_from_json(written).to_json() == written


def test_rules_without_an_id_are_numbered() -> None:
    rules = book({"fault": {"kind": "cut"}}, {"fault": {"kind": "cut"}})
    assert list(rules.rules) == ["r1", "r2"]


@pytest.mark.parametrize(
    ("raw", "path", "allowed"),
    [
        ({"fault": {"kind": "cut"}, "limits": 1}, "/0/limits", "limit"),
        ({"fault": {"kind": "cut"}, "chance": 2}, "/0/chance", "0 to 1"),
        ({"id": "", "fault": {"kind": "cut"}}, "/0/id", "a string of 1 to 100 characters"),
        ({"match": {"stage": "frame"}, "fault": {"kind": "answer_lost"}}, "/0/match/stage", "request"),
        ({"match": {"kind": "ws"}, "fault": {"kind": "answer_lost"}}, "/0/match/kind", "http"),
        ({"match": {"direction": "down"}, "fault": {"kind": "answer_lost"}}, "/0/match/direction", "up"),
        ({"match": {"tab": "1"}, "fault": {"kind": "refuse"}}, "/0/match/tab", "profile"),
        ({"limit": 1, "fault": {"kind": "refuse"}}, "/0/fault/how", "reset"),
        ({"now": True, "fault": {"kind": "delay", "delay_ms": 1}}, "/0/now", "false"),
        ({"now": True, "match": {"frame": 1}, "fault": {"kind": "cut"}}, "/0/match/frame", "profile"),
        ({"match": {}}, "/0/fault", '{"kind": ..., ...}'),
    ],
)
def test_a_rule_that_could_never_act_is_refused_with_the_path_and_what_is_allowed(
    raw: dict[str, object], path: str, allowed: str
) -> None:
    with pytest.raises(WireError) as refused:
        book(raw)
    assert refused.value.path == path
    assert allowed in refused.value.allowed


def test_of_several_rules_one_wrong_one_keeps_all_out() -> None:
    rules = RuleBook()
    with pytest.raises(WireError, match="there is a rule 'a' already") as refused:
        rules.parse({"rules": [{"id": "a", "fault": {"kind": "cut"}}, {"id": "a", "fault": {"kind": "cut"}}]})
    assert refused.value.path == "/1/id"
    assert rules.rules == {}


def test_there_is_a_limit_to_the_rules() -> None:
    with pytest.raises(WireError, match=f"at most {RULES_MAX} rules"):
        RuleBook().parse([{"fault": {"kind": "cut"}}] * (RULES_MAX + 1))


def test_removing_an_unknown_rule_names_those_there_are() -> None:
    with pytest.raises(WireError, match="there is no rule 'x'") as refused:
        book({"id": "a", "fault": {"kind": "cut"}}).remove("x")
    assert refused.value.allowed == ("a",)

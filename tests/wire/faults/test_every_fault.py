"""What holds for every fault: its JSON is itself, it is pure, and it is refused in clear words."""

import ast
import inspect
from pathlib import Path

import pytest

from syncbed.wire import WireError, faults
from syncbed.wire.faults import FAULTS, Moment, fault_from_json, fault_to_json
from syncbed.wire.message import DIRECTIONS_OF_STAGE, Message

EXAMPLES: dict[str, dict[str, object]] = {
    "cut": {"kind": "cut", "when": "after", "side": "browser"},
    "close": {"kind": "close", "code": 4001, "reason": "signed out"},
    "refuse": {"kind": "refuse", "how": "reset"},
    "half_open": {"kind": "half_open", "for_ms": 500, "then": "cut"},
    "stall": {"kind": "stall", "for_ms": 500},
    "slow_handshake": {"kind": "slow_handshake", "delay_ms": 800, "at": "answer"},
    "delay": {"kind": "delay", "delay_ms": 200, "jitter_ms": 50},
    "throttle": {"kind": "throttle", "bytes_per_second": 1000},
    "answer_lost": {"kind": "answer_lost", "how": "hang"},
    "duplicate_request": {"kind": "duplicate_request", "copies": 2, "answer": "first"},
    "http_status": {
        "kind": "http_status",
        "status": 429,
        "headers": {"Retry-After": "1"},
        "body": "slow down",
    },
    "offline": {"kind": "offline", "living": "silent"},
    "drop": {"kind": "drop", "tcp_impossible": True},
    "duplicate": {"kind": "duplicate", "copies": 2, "tcp_impossible": True},
    "reorder": {"kind": "reorder", "wait_ms": 50, "tcp_impossible": True},
}


def test_every_fault_has_an_example_a_file_and_a_test() -> None:
    assert set(EXAMPLES) == set(FAULTS)
    for kind, cls in FAULTS.items():
        assert cls.kind == kind
        assert cls.__module__.endswith(f".{kind}")
        assert Path(__file__).with_name(f"test_{kind}.py").exists(), f"{kind} has no test"


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_its_json(kind: str) -> None:
    assert fault_to_json(fault_from_json(EXAMPLES[kind])) == EXAMPLES[kind]


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_answers_every_stage_it_claims_with_the_same_action_each_time(kind: str) -> None:
    fault = fault_from_json(EXAMPLES[kind])
    for stage in fault.stages:
        for direction in DIRECTIONS_OF_STAGE[stage]:
            message = Message(stage, direction, "alice", payload="x")  # type: ignore[arg-type]
            first = fault.act(message, Moment(1000, 0.5, 900))
            assert first == fault.act(message, Moment(1000, 0.5, 900))
    assert set(fault.default_stages) <= set(fault.stages)


@pytest.mark.parametrize("kind", [kind for kind, cls in FAULTS.items() if not cls.strikes])
def test_a_fault_that_needs_a_message_cannot_strike_a_living_connection(kind: str) -> None:
    with pytest.raises(WireError, match="cannot strike"):
        fault_from_json(EXAMPLES[kind]).strike()


@pytest.mark.parametrize("kind", [kind for kind, cls in FAULTS.items() if "tcp_impossible" in EXAMPLES[kind]])
def test_what_tcp_never_does_is_refused_by_name_without_its_flag(kind: str) -> None:
    raw = {key: value for key, value in EXAMPLES[kind].items() if key != "tcp_impossible"}
    with pytest.raises(WireError, match=f"{kind} changes one frame of a living connection") as refused:
        fault_from_json(raw, "/3/fault")
    assert refused.value.code == "tcp_impossible"
    assert refused.value.path == "/3/fault/tcp_impossible"


@pytest.mark.parametrize(
    ("raw", "path", "allowed"),
    [
        ({"kind": "explode"}, "/fault/kind", "half_open"),
        ({}, "/fault/kind", "cut"),
        ("cut", "/fault", '{"kind": ..., ...}'),
        ({"kind": "delay"}, "/fault/delay_ms", "delay_ms"),
        ({"kind": "delay", "delay_ms": -1}, "/fault/delay_ms", "0 to 600000"),
        ({"kind": "delay", "delay_ms": True}, "/fault/delay_ms", "0 to 600000"),
        ({"kind": "cut", "wen": "after"}, "/fault/wen", "when"),
        ({"kind": "cut", "when": "later"}, "/fault/when", "before"),
        ({"kind": "http_status", "headers": {"a": 1}}, "/fault/headers/a", "str"),
    ],
)
def test_a_wrong_fault_is_refused_with_the_path_and_what_is_allowed(
    raw: object, path: str, allowed: str
) -> None:
    with pytest.raises(WireError) as refused:
        fault_from_json(raw)
    assert refused.value.path == path
    assert allowed in refused.value.allowed


FORBIDDEN = {"asyncio", "time", "random", "socket", "datetime", "secrets", "os", "threading"}


def test_no_fault_reaches_for_a_clock_a_socket_or_chance() -> None:
    for path in Path(inspect.getfile(faults)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not FORBIDDEN & set(names), f"{path.name} imports {names}"

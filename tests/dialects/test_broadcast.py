"""The broadcast dialect: the vectors, and what they do not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.core.events import Event, Position
from server.core.messages import NOW, PositionNow, Subscribe, Subscribed, Unsubscribe
from server.dialects.base import DialectOptions
from server.dialects.broadcast import PLAIN, POSITIONS, BroadcastDialect
from server.dialects.registry import DIALECTS
from server.errors import INVALID_CHANNEL, INVALID_FRAME, INVALID_JSON, ErrorKind, SyncbedError
from tests.clients import heard, open_connection, plain_connection
from tests.talk import play
from tests.vectors import Vector, load

DIALECT = BroadcastDialect(DialectOptions(channel_chars_max=20))


@pytest.mark.parametrize("vector", load("broadcast", "conversations"), ids=lambda vector: vector["name"])
async def test_a_vector_holds(vector: Vector) -> None:
    await play(vector, "/ws/broadcast")


def refusal(frame: Any) -> SyncbedError:
    text = frame if isinstance(frame, str) else json.dumps(frame)
    connection = plain_connection()
    with pytest.raises(SyncbedError) as refused:
        DIALECT.decode(text, connection)
    assert connection.encoder is PLAIN, "a frame that was refused has changed how the connection speaks"
    return refused.value


@pytest.mark.parametrize(
    ("frame", "kind", "says"),
    [
        ("", INVALID_JSON, "not valid JSON"),
        ("{", INVALID_JSON, "not valid JSON"),
        ('{"subscribe":[NaN]}', INVALID_JSON, "NaN is not JSON"),
        ("[" * 5000, INVALID_JSON, "nested"),
        ("null", INVALID_FRAME, "not null"),
        ("true", INVALID_FRAME, "not a boolean"),
        ("1.5", INVALID_FRAME, "not a number"),
        ('"text"', INVALID_FRAME, "not a string"),
        ({}, INVALID_FRAME, '"subscribe", "unsubscribe" or {"type":"ping"}'),
        ({"type": "subscribe"}, INVALID_FRAME, '"subscribe", "unsubscribe" or {"type":"ping"}'),
        (
            {"subscribe": "orders"},
            INVALID_FRAME,
            '"subscribe" must be an array of channel names, not a string',
        ),
        ({"subscribe": None}, INVALID_FRAME, "not null"),
        (
            {"unsubscribe": {}},
            INVALID_FRAME,
            '"unsubscribe" must be an array of channel names, not an object',
        ),
        ({"subscribe": [None]}, INVALID_CHANNEL, "must be a string, not null"),
        ({"subscribe": [["a"]]}, INVALID_CHANNEL, "must be a string, not an array"),
        ({"subscribe": [""]}, INVALID_CHANNEL, "1 to 20 characters, this one has 0"),
        ({"subscribe": ["x" * 21]}, INVALID_CHANNEL, "1 to 20 characters, this one has 21"),
        ({"unsubscribe": ["x" * 21]}, INVALID_CHANNEL, "this one has 21"),
        ({"subscribe": ["a"], "positions": []}, INVALID_FRAME, '"positions" must be an object, not an array'),
        ({"subscribe": ["a"], "positions": {"b": None}}, INVALID_FRAME, '"subscribe" does not: b'),
        ({"unsubscribe": ["a"], "positions": {"a": None}}, INVALID_FRAME, '"subscribe" does not: a'),
        ({"subscribe": ["a"], "positions": {"a": 5}}, INVALID_FRAME, "the position of a must be null or"),
        ({"subscribe": ["a"], "positions": {"a": {"epoch": "e"}}}, INVALID_FRAME, "the position of a"),
        (
            {"subscribe": ["a"], "positions": {"a": {"epoch": "e", "offset": -1}}},
            INVALID_FRAME,
            "the position of a",
        ),
        (
            {"subscribe": ["a"], "positions": {"a": {"epoch": "e", "offset": True}}},
            INVALID_FRAME,
            "the position of a",
        ),
        (
            {"subscribe": ["a"], "positions": {"a": {"epoch": 1, "offset": 1}}},
            INVALID_FRAME,
            "the position of a",
        ),
    ],
)
def test_a_frame_that_makes_no_sense_is_answered_with_what_is_wrong(
    frame: Any, kind: ErrorKind, says: str
) -> None:
    error = refusal(frame)
    assert error.kind is kind
    assert says in error.message


def test_a_frame_is_commands_in_an_order_that_cannot_lose_a_subscription() -> None:
    text = json.dumps({"subscribe": ["a", "b", "a"], "unsubscribe": ["b"]})
    commands = DIALECT.decode(text, plain_connection())
    assert commands == [Unsubscribe("b"), Subscribe("a"), Subscribe("b")]


def test_positions_turn_a_connection_into_one_that_follows_them() -> None:
    connection = plain_connection()
    frame = {"subscribe": ["a", "b", "c"], "positions": {"a": {"epoch": "e", "offset": 42}, "b": None}}
    assert DIALECT.decode(json.dumps(frame), connection) == [
        Subscribe("a", Position("e", 42)),
        Subscribe("b", NOW),
        Subscribe("c", NOW),
    ]
    assert connection.encoder is POSITIONS
    assert DIALECT.decode('{"subscribe":["d"]}', connection) == [Subscribe("d", NOW)]


@pytest.mark.parametrize(
    "message", [Subscribed("a", Position("e", 1), True), PositionNow("a", Position("e", 1))]
)
def test_an_original_client_never_sees_a_frame_that_it_does_not_know(message: Any) -> None:
    assert PLAIN.encode(message) is None
    assert POSITIONS.encode(message) is not None


@pytest.mark.parametrize("name", ['quo"te', "new\nline", "ünï", "\ud83d", "</script>"])
def test_whatever_a_channel_is_called_its_frames_are_json_in_ascii(name: str) -> None:
    for encoder in (PLAIN, POSITIONS):
        text = encoder.encode(Event(name, name, '{"a":[]}', Position(name, 1)))
        assert text is not None
        assert text.isascii()
        frame = json.loads(text)
        assert (frame["channel"], frame["event"], frame["payload"]) == (name, name, {"a": []})


def test_the_dialect_says_nothing_first_and_is_found_by_its_name() -> None:
    connection = open_connection()
    DIALECT.greet(connection)
    assert heard(connection) == []
    assert DIALECTS["broadcast"].name == "broadcast"  # type: ignore[attr-defined]

"""Every row of seed 004's tables, and every fact that is known of `rooms` besides, has a test that names it.

`SECTIONS` says which: a vector of tests/vectors/rooms by its name, or a test as pytest writes it. A row of
the code that is not among them, a test that is not there, and one that says nothing of its row, all fail.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from server.dialects.rooms import ERRORS, FRAMES, TYPES
from server.guide import OPTIONS, VARIABLES
from server.telemetry.instruments import INSTRUMENTS
from tests.vectors import Vector, load

TOP = Path(__file__).parents[1]
ROOMS, CORE = "integration/test_rooms.py", "tests/dialects/test_rooms.py"
FILE = "tests/test_configuration.py::test_an_option_from_the_file"
ENVIRONMENT = "tests/test_configuration.py::test_an_option_from_the_environment"

MESSAGES = {
    "subscribe": "subscribe is answered, oneself counted",
    "unsubscribe": "unsubscribe is answered",
    "publish": "a published message reaches the room, not the sender, and is not acknowledged",
    "broadcast": "a broadcast reaches everybody else and names no room",
    "ping": "ping and pong",
    "connected": "connected: who one is",
    "subscribed": "subscribe is answered, oneself counted",
    "unsubscribed": "unsubscribe is answered",
    "message": "a published message reaches the room, not the sender, and is not acknowledged",
    "error": "invalid JSON format",
    "pong": "ping and pong",
    "notification": "notify_all reaches everybody, whatever room they are in",
    "room_update": "notify_room reaches who is in the room, and nobody else",
}
ERROR_TEXTS = {
    "invalid JSON format": "invalid JSON format",
    "unknown message type": "unknown message type",
    "room name is required": "room name is required",
    "not subscribed to this room": "not subscribed to this room",
    "room is at maximum capacity": "room is at maximum capacity",
    "server is at maximum capacity": "server is at maximum capacity",
    "connection closed": f"{ROOMS}::test_the_end_is_told_closed_with_1001_and_bounded",
}
OPTION_ROWS = dict.fromkeys(
    (
        "enabled",
        "host",
        "port",
        "timeout",
        "read_buffer_size",
        "write_buffer_size",
        "max_message_size",
        "ping_interval",
        "pong_wait",
        "write_wait",
        "limits.max_connections",
        "limits.max_connections_per_room",
    ),
    FILE,
)
ENVIRONMENT_ROWS = dict.fromkeys(
    (
        "WEBSOCKET_ENABLED",
        "WEBSOCKET_HOST",
        "WEBSOCKET_PORT",
        "WEBSOCKET_TIMEOUT",
        "WEBSOCKET_READ_BUFFER_SIZE",
        "WEBSOCKET_WRITE_BUFFER_SIZE",
        "WEBSOCKET_MAX_MESSAGE_SIZE",
        "WEBSOCKET_PING_INTERVAL",
        "WEBSOCKET_PONG_WAIT",
        "WEBSOCKET_WRITE_WAIT",
        "WEBSOCKET_LIMITS_MAX_CONNECTIONS",
        "WEBSOCKET_LIMITS_MAX_CONNECTIONS_PER_ROOM",
    ),
    ENVIRONMENT,
)
METRIC_ROWS = dict.fromkeys(
    (
        "websocket_clients_total",
        "websocket_rooms_total",
        "websocket_messages_per_second",
        "websocket_errors_total",
    ),
    f"{ROOMS}::test_metrics_have_the_guides_names_and_count",
)
FACTS = {
    "the client's own calls, in a browser": "e2e/test_rooms.py::"
    "test_the_guides_own_client_works_as_its_guide_says",
    "client_id is a uuid4": f"{CORE}::test_a_client_id_is_a_uuid4",
    "client_count includes oneself": "subscribe is answered, oneself counted",
    "subscribing again answers again": "subscribing again answers again",
    "publish excludes the sender and is not acked": MESSAGES["publish"],
    "a broadcast excludes the sender and has no room": MESSAGES["broadcast"],
    "publish without data sends null": "publish without data sends null",
    "unsubscribe while unsubscribed is an error": "not subscribed to this room",
    "an empty room is an error": "room name is required",
    "any JSON of the wrong shape is an error": "invalid JSON format",
    "over max_connections: the error, then a close": "server is at maximum capacity",
    "a full room keeps the connection": "room is at maximum capacity",
    "too large a message closes with 1009": f"{ROOMS}::test_a_message_that_is_too_large_closes_with_1009",
    "a silent peer is dropped": f"{ROOMS}::test_a_silent_peer_is_dropped_and_one_that_answers_is_not",
    "the end is told": f"{ROOMS}::test_the_end_is_told_closed_with_1001_and_bounded",
    "one message a frame": f"{ROOMS}::test_each_message_is_a_frame_of_its_own",
    "the defaults hold with --config only": "tests/test_configuration.py::"
    "test_the_guides_defaults_hold_with_a_file_only_and_its_host_never",
    "health counts": f"{ROOMS}::test_ws_speaks_rooms_and_health_counts",
    "health is 'healthy' under the guide's names": f"{ROOMS}::test_health_under_the_guides_names",
    "health is 503 while the data store is away": f"{ROOMS}::test_health_under_the_guides_names",
    "custom messages": f"{ROOMS}::test_handlers_of_an_application_are_imported",
}
SECTIONS = {
    "message": MESSAGES,
    "error": ERROR_TEXTS,
    "option": OPTION_ROWS,
    "environment": ENVIRONMENT_ROWS,
    "metric": METRIC_ROWS,
    "fact": FACTS,
}
ROWS = [(section, row) for section, rows in SECTIONS.items() for row in rows]
VECTORS: dict[str, Vector] = {vector["name"]: vector for vector in load("rooms", "conversations")}


@cache
def named_in(path: str) -> dict[str, str]:
    """The tests of a file by their names, each with its source and that of the constants of the file."""
    text = (TOP / path).read_text("utf-8")
    tree = ast.parse(text)
    constants = "\n".join(
        ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)
    )
    tests = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name: f"{ast.unparse(node)}\n{constants}" for node in tests if node.name.startswith("test_")}


@pytest.mark.parametrize(("section", "row"), ROWS)
def test_a_row_has_a_test(section: str, row: str) -> None:
    named = SECTIONS[section][row]
    if "::" in named:
        path, name = named.split("::")
        assert name in named_in(path), named
        assert section in ("metric", "fact") or row in named_in(path)[name], f"{named} says nothing of {row}"
        return
    said = json.dumps(VECTORS[named]["steps"])
    needs = {"message": f'"type": "{row}"', "error": f'"error": "{row}"'}
    assert needs.get(section, "") in said, f"the vector {named!r} says nothing of {row}"


def test_every_row_of_the_code_is_among_them() -> None:
    assert {*TYPES, *FRAMES} == set(MESSAGES)
    assert {says.word for says in ERRORS.values()} == set(ERROR_TEXTS)
    assert set(OPTIONS) == set(OPTION_ROWS)
    assert set(VARIABLES) == set(ENVIRONMENT_ROWS)
    assert set(METRIC_ROWS) <= {each.prometheus for each in INSTRUMENTS.values()}

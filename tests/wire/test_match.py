"""A match keys on what a message is."""

import pytest

from syncbed.wire import WireError, fields
from syncbed.wire.match import Match
from syncbed.wire.message import UNREAD, Message, look_up

FRAME = Message(
    "frame",
    "down",
    "alice",
    "1",
    "main",
    connection=2,
    frame=3,
    path="/ws/broadcast",
    payload='{"channel":"orders","payload":{"mutation_id":7,"ids":[1,true]}}',
)
REQUEST = Message(
    "request",
    "up",
    "bob",
    "2",
    "api",
    method="PATCH",
    path="/api/orders/17",
    headers=((b"Mutation-Id", b"7"),),
    mutation="7",
    payload=b"\xff\xfe",
)


@pytest.mark.parametrize(
    ("raw", "fits"),
    [
        ({}, [FRAME, REQUEST]),
        ({"profile": "alice"}, [FRAME]),
        ({"tab": 2}, [REQUEST]),
        ({"direction": "down"}, [FRAME]),
        ({"kind": "http"}, [REQUEST]),
        ({"stage": "frame"}, [FRAME]),
        ({"upstream": "api"}, [REQUEST]),
        ({"method": "PATCH"}, [REQUEST]),
        ({"path": "/api/*"}, [REQUEST]),
        ({"path": "/api"}, []),
        ({"connection": 2, "frame": 3}, [FRAME]),
        ({"connection": 2, "frame": 4}, []),
        ({"mutation": 7}, [REQUEST]),
        ({"contains": '"orders"'}, [FRAME]),
        ({"json": {"/payload/mutation_id": 7}}, [FRAME]),
        ({"json": {"/payload/mutation_id": "7"}}, []),
        ({"json": {"/payload/ids/1": True}}, [FRAME]),
        ({"json": {"/payload/ids/0": True}}, []),  # 1 is not true
        ({"json": {"/missing": None}}, []),
        ({"headers": {"mutation-id": "7"}}, [REQUEST]),
        ({"profile": "alice", "kind": "http"}, []),
    ],
)
def test_every_key_that_is_given_must_hold(raw: dict[str, object], fits: list[Message]) -> None:
    match = fields.read(Match, raw, "/match")
    assert [message for message in (FRAME, REQUEST) if match.fits(message)] == fits


def test_the_leader_is_the_tab_that_leads_the_profile() -> None:
    match = Match(tab="leader")
    assert match.fits(FRAME)  # tab 1, until someone says otherwise
    assert not match.fits(FRAME, leader="2")
    assert match.fits(REQUEST, leader="2")


def test_a_match_knows_whether_it_needs_the_payload() -> None:
    assert Match(contains="x").reads_payload
    assert Match(mutation="7").reads_payload
    assert not Match(path="/api/*").reads_payload


@pytest.mark.parametrize(
    ("raw", "path", "allowed"),
    [
        ({"direction": "left"}, "/2/match/direction", "up"),
        ({"profil": "alice"}, "/2/match/profil", "profile"),
        ({"frame": 0}, "/2/match/frame", "1 to 1000000000"),
        ({"json": {"/a/b": {}}}, "/2/match/json/~1a~1b", "str"),
        ([], "/2/match", "a JSON object"),
    ],
)
def test_a_wrong_match_is_refused_with_the_path_and_what_is_allowed(
    raw: object, path: str, allowed: str
) -> None:
    with pytest.raises(WireError) as refused:
        fields.read(Match, raw, "/2/match")
    assert refused.value.path == path
    assert allowed in refused.value.allowed


def test_a_pointer_follows_objects_and_lists_and_unescapes() -> None:
    document = {"a/b": [{"~": 1}]}
    assert look_up(document, "/a~1b/0/~0") == 1
    assert look_up(document, "") == document
    assert look_up(document, "/a~1b/7") is UNREAD

"""A write as it comes over HTTP: what it asks for, and what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.core.commit import Mutation
from server.errors import INVALID_FIELD, INVALID_JSON, VERSION_REQUIRED, SyncbedError
from server.sync.write_request import INTEGER_MAX, Ids, WriteRequest, parse_ids

NO_IDS = Ids(None, None)


def asked(
    method: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    *,
    strict: bool = False,
    entity_id: str = "a",
    ids: Ids = NO_IDS,
) -> Mutation:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = WriteRequest("things", method, None if method == "create" else entity_id, headers or {}, raw)  # type: ignore[arg-type]
    return request.mutation(ids, lambda: "made-here", strict=strict)


def test_a_create_takes_the_clients_id_or_makes_one() -> None:
    assert asked("create", {"id": "mine", "n": 1}) == Mutation("create", "mine", {"n": 1})
    assert asked("create", {"n": 1}).entity_id == "made-here"


def test_an_update_carries_its_version_and_who_wrote_it() -> None:
    ids = Ids("tab", 7)
    mutation = asked("update", {"n": 2}, {"if-match": '"3"'}, ids=ids)
    assert mutation == Mutation("update", "a", {"n": 2}, 3, "tab", 7)


def test_an_update_may_say_again_which_item_it_means_but_not_another_one() -> None:
    assert asked("update", {"id": "a", "n": 2}).fields == {"n": 2}
    with pytest.raises(SyncbedError) as refused:
        asked("update", {"id": "b", "n": 2})
    assert refused.value.field == "id"


def test_a_delete_needs_no_body() -> None:
    assert asked("delete", b"") == Mutation("delete", "a", {})


@pytest.mark.parametrize(
    ("text", "version"), [("3", 3), ('"3"', 3), (" 3 ", 3), ("*", None), ("9007199254740991", INTEGER_MAX)]
)
def test_a_version_may_be_written_like_an_etag(text: str, version: int | None) -> None:
    assert asked("update", {}, {"if-match": text}).if_match == version


@pytest.mark.parametrize("text", ["", "three", "-1", "1.5", '"3', "12345678901234567", "1, 2"])
def test_what_is_no_version_is_said(text: str) -> None:
    with pytest.raises(SyncbedError) as refused:
        asked("update", {}, {"if-match": text})
    assert (refused.value.kind, refused.value.field) == (INVALID_FIELD, "If-Match")


@pytest.mark.parametrize("method", ["update", "delete"])
def test_under_strict_a_version_is_required(method: str) -> None:
    with pytest.raises(SyncbedError) as refused:
        asked(method, {}, strict=True)
    assert refused.value.kind is VERSION_REQUIRED
    assert asked(method, {}, {"if-match": "1"}, strict=True).if_match == 1
    assert asked("create", {}, strict=True).if_match is None


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b'{"a":NaN}', b'"\xff"', b'{"a":' + b"[" * 500])
def test_a_body_that_is_not_json_is_said_to_be_that(body: bytes) -> None:
    with pytest.raises(SyncbedError, match="the body is not valid JSON: ") as refused:
        asked("create", body)
    assert refused.value.kind is INVALID_JSON


@pytest.mark.parametrize("body", [[], None, "text", 5])
def test_a_body_that_is_no_object_is_said_to_be_that(body: Any) -> None:
    with pytest.raises(SyncbedError) as refused:
        asked("create", body)
    assert (refused.value.kind, refused.value.field) == (INVALID_FIELD, "body")


@pytest.mark.parametrize("entity_id", ["", "x" * 129, 5, True, ["a"]])
def test_an_id_that_is_none_is_named(entity_id: Any) -> None:
    with pytest.raises(SyncbedError) as refused:
        asked("create", {"id": entity_id})
    assert refused.value.field == "id"


def test_a_writer_gives_both_ids_or_none_that_counts() -> None:
    assert parse_ids({}) == NO_IDS
    assert parse_ids({"client-id": "tab"}) == Ids("tab", None)
    assert parse_ids({"client-id": "tab", "mutation-id": "7"}) == Ids("tab", 7)
    assert parse_ids({"client-id": "tab", "mutation-id": str(INTEGER_MAX)}).mutation_id == INTEGER_MAX
    assert parse_ids({"client-id": "me", "mutation-id": "7", "fence": "3"}) == Ids("me", 7, 3)


def test_a_mutation_carries_its_fence() -> None:
    assert asked("delete", ids=Ids("me", 7, 3)) == Mutation("delete", "a", {}, None, "me", 7, fence=3)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"mutation-id": "7"}, "Client-Id"),
        ({"client-id": ""}, "Client-Id"),
        ({"client-id": "x" * 129}, "Client-Id"),
        ({"client-id": "tab", "mutation-id": ""}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": "0"}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": "-1"}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": "1.0"}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": "seven"}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": str(INTEGER_MAX + 1)}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": "7", "fence": "x"}, "Fence"),
        ({"client-id": "tab", "fence": "7"}, "Mutation-Id"),
        ({"client-id": "tab", "mutation-id": "1" * 40}, "Mutation-Id"),
    ],
)
def test_an_id_that_cannot_be_is_named(headers: dict[str, str], named: str) -> None:
    with pytest.raises(SyncbedError) as refused:
        parse_ids(headers)
    assert refused.value.field == named

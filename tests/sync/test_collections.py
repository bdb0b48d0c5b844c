"""The service behind the collection endpoints, on the memory broker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.brokers.base import BrokerLimits, Snapshot
from server.brokers.memory import MemoryBroker
from server.errors import (
    ID_TAKEN,
    INVALID_FIELD,
    INVALID_JSON,
    LOG_GONE,
    NOT_FOUND,
    REFUSED,
    STALE_MUTATION,
    VERSION_CONFLICT,
    VERSION_REQUIRED,
    ErrorKind,
    SyncbedError,
)
from server.sync.collections import Answer, Collections, log_body, parse_log_query
from server.sync.write_request import WriteRequest


class Service:
    """Collections, as a client with the id `tab` sees them."""

    def __init__(self, *, strict: bool = False) -> None:
        self.refuse_next = False
        self.broker = MemoryBroker(BrokerLimits(5, 10, 60), "e1")
        self.collections = Collections(self.broker, lambda: "made", self, strict=strict)

    def take_refusal(self, client_id: str | None) -> bool:
        taken, self.refuse_next = self.refuse_next, False
        return taken

    def give_back_refusal(self, client_id: str | None) -> None:
        self.refuse_next = True

    async def write(
        self,
        op: str,
        body: Any,
        entity_id: str | None = None,
        n: int | None = None,
        version: int | None = None,
    ) -> Answer:
        headers = {"client-id": "tab"}
        headers |= {} if n is None else {"mutation-id": str(n)}
        headers |= {} if version is None else {"if-match": str(version)}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.collections.write(WriteRequest("orders", op, entity_id, headers, raw))  # type: ignore[arg-type]

    async def refused(self, kind: ErrorKind, *args: Any, **kwargs: Any) -> SyncbedError:
        with pytest.raises(SyncbedError) as refused:
            await self.write(*args, **kwargs)
        assert refused.value.kind is kind
        return refused.value

    async def read(self) -> Snapshot:
        return await self.collections.read("orders")


TEA = {"id": "a", "title": "tea"}
STORED = {"id": "a", "version": 1, "title": "tea", "done": False}


async def test_a_write_goes_through_create_update_and_delete() -> None:
    service = Service()
    assert await service.write("create", TEA) == Answer(201, STORED)
    changed = STORED | {"version": 2, "done": True}
    assert await service.write("update", {"done": True}, "a", version=1) == Answer(200, changed)
    assert (await service.read()).items == [changed]
    assert await service.write("delete", b"", "a", version=2) == Answer(200, {"id": "a", "version": 3})
    assert (await service.read()).items == []


async def test_each_refusal_says_what_is_there_instead() -> None:
    service = Service()
    await service.write("create", TEA)
    assert (await service.refused(ID_TAKEN, "create", TEA)).current == STORED
    assert (await service.refused(VERSION_CONFLICT, "update", {}, "a", version=9)).current == STORED
    assert (await service.refused(NOT_FOUND, "update", {}, "nobody")).current is None
    assert (await service.refused(NOT_FOUND, "delete", b"", "nobody")).current is None


async def test_a_repeat_answers_with_the_first_result_and_changes_nothing() -> None:
    service = Service()
    first = await service.write("create", TEA, n=1)
    await service.write("update", {"title": "coffee"}, "a", n=2)
    assert await service.write("create", TEA, n=1) == first
    assert (await service.read()).position.offset == 2


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        (NOT_FOUND, {"op": "update", "body": {}, "entity_id": "nobody"}),
        (VERSION_CONFLICT, {"op": "update", "body": {}, "entity_id": "a", "version": 9}),
        (ID_TAKEN, {"op": "create", "body": TEA}),
        (INVALID_FIELD, {"op": "create", "body": {"title": ""}}),
    ],
)
async def test_a_refusal_consumes_its_id_and_is_repeated_word_for_word(
    kind: ErrorKind, write: dict[str, Any]
) -> None:
    service = Service()
    await service.write("create", TEA, n=1)
    first = await service.refused(kind, **write, n=5)
    await service.write("delete", b"", "a", n=6)
    again = await service.refused(kind, **write, n=5)
    assert again.body() == first.body()
    assert (await service.refused(STALE_MUTATION, "create", TEA, n=4)).current is None


async def test_a_refusal_on_purpose_is_not_used_up_by_a_repeat() -> None:
    service = Service()
    await service.write("create", TEA, n=1)
    service.refuse_next = True
    assert (await service.write("create", TEA, n=1)).status == 201
    await service.refused(REFUSED, "create", TEA, n=2)


async def test_a_refusal_on_purpose_happens_once_and_consumes_its_id() -> None:
    service = Service()
    service.refuse_next = True
    await service.refused(REFUSED, "create", TEA, n=1)
    await service.refused(REFUSED, "create", TEA, n=1)
    assert (await service.write("create", TEA, n=2)).status == 201


@pytest.mark.parametrize(
    ("kind", "body", "strict"), [(INVALID_JSON, b"{", False), (VERSION_REQUIRED, {"done": True}, True)]
)
async def test_what_may_be_put_right_and_sent_again_keeps_its_id(
    kind: ErrorKind, body: Any, strict: bool
) -> None:
    service = Service(strict=strict)
    await service.write("create", TEA, n=1)
    await service.refused(kind, "update", body, "a", n=2)
    assert (await service.write("update", {"done": True}, "a", n=2, version=1)).status == 200


async def test_without_a_mutation_id_every_write_is_a_new_one() -> None:
    service = Service()
    await service.write("create", TEA)
    await service.refused(ID_TAKEN, "create", TEA)
    await service.refused(INVALID_FIELD, "create", {})


async def test_the_log_tells_of_commits_and_of_broadcasts() -> None:
    service = Service()
    await service.write("create", TEA, n=3)
    await service.broker.publish("orders", "noted", '{"by":"me"}')
    after, events = await service.collections.log("orders", None, 0, 10)
    assert log_body(after, events) == {
        "epoch": "e1",
        "next": 2,
        "events": [
            {
                "offset": 1,
                "event": "created",
                "commit": True,
                "entity_id": "a",
                "version": 1,
                "client_id": "tab",
                "mutation_id": 3,
                "item": STORED,
            },
            {"offset": 2, "event": "noted", "commit": False, "payload": {"by": "me"}},
        ],
    }


async def test_a_page_of_the_log_says_where_the_next_one_begins() -> None:
    service = Service()
    for n in range(3):
        await service.broker.publish("orders", "noted", str(n))
    pages, start = [], 0
    for _ in range(3):
        page = log_body(*await service.collections.log("orders", "e1", start, 2))
        pages.append([row["offset"] for row in page["events"]])
        start = page["next"]
    assert pages == [[1, 2], [3], []]


@pytest.mark.parametrize(("epoch", "offset"), [("e0", 0), ("e1", 1), ("e1", 99)])
async def test_a_log_that_does_not_reach_back_says_where_it_stands(epoch: str, offset: int) -> None:
    service = Service()
    for n in range(8):  # five of them are kept
        await service.broker.publish("orders", "noted", str(n))
    with pytest.raises(SyncbedError) as gone:
        await service.collections.log("orders", epoch, offset, 10)
    assert gone.value.kind is LOG_GONE
    assert gone.value.current == {"epoch": "e1", "offset": 8}


@pytest.mark.parametrize(
    ("after", "limit", "named"),
    [
        ("x", "1", "from"),
        ("-1", "1", "from"),
        ("", "1", "from"),
        ("²", "1", "from"),
        ("1" * 17, "1", "from"),
        ("0", "x", "limit"),
        ("0", "0", "limit"),
        ("0", "11", "limit"),
    ],
)
def test_a_log_query_that_makes_no_sense_names_what(after: str, limit: str, named: str) -> None:
    with pytest.raises(SyncbedError) as refused:
        parse_log_query(after, limit, 10)
    assert refused.value.field == named


def test_a_log_query_is_two_whole_numbers() -> None:
    assert parse_log_query("0", "10", 10) == (0, 10)

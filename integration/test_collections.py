"""Collections over HTTP: what works, and every row of bad input."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest

from integration.client import connect, http
from syncbed.world import Address, World


@pytest.fixture(params=["memory_stack", "stack"])
def any_stack(request: pytest.FixtureRequest) -> Address:
    address: Address = request.getfixturevalue(request.param)
    return address


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    assert answer.status_code == error["code"] // 100
    assert set(error) >= {"code", "name", "message", "retryable", "definite"}
    return error


def ids(client_id: str, mutation_id: int | str) -> dict[str, str]:
    return {"Client-Id": client_id, "Mutation-Id": str(mutation_id)}


async def test_an_item_lives_and_every_subscriber_hears_of_it(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller, connect(any_stack) as client:
        start = await client.follow(channel)
        created = await caller.post(f"/api/{channel}", json={"id": "a", "n": 1}, headers=ids("tab", 1))
        assert (created.status_code, created.json()) == (201, {"id": "a", "version": 1, "n": 1})
        updated = await caller.patch(f"/api/{channel}/a", json={"m": []}, headers={"If-Match": "1"})
        assert (updated.status_code, updated.json()) == (200, {"id": "a", "version": 2, "n": 1, "m": []})
        read = (await caller.get(f"/api/{channel}")).json()
        assert read == {"items": [updated.json()], "epoch": start["epoch"], "offset": 2}
        deleted = await caller.delete(f"/api/{channel}/a", headers={"If-Match": '"2"'})
        assert (deleted.status_code, deleted.json()) == (200, {"id": "a", "version": 3})

        events = await client.events(3)
        assert [(e["event"], e["offset"]) for e in events] == [("created", 1), ("updated", 2), ("deleted", 3)]
        assert events[0]["payload"] == {
            "entity_id": "a",
            "version": 1,
            "client_id": "tab",
            "mutation_id": 1,
            "item": created.json(),
        }
        assert events[2]["payload"]["item"] is None
        log = (await caller.get(f"/api/{channel}/log", params={"epoch": start["epoch"], "from": 1})).json()
        assert [row["event"] for row in log["events"]] == ["updated", "deleted"]
        assert log["next"] == 3


async def test_an_order_gets_its_id_and_defaults_from_the_server(any_stack: Address) -> None:
    async with http(any_stack) as caller:
        item = (await caller.post("/api/orders", json={"title": "tea"})).json()
        assert uuid.UUID(item["id"])
        assert item == {"id": item["id"], "version": 1, "title": "tea", "done": False}


async def test_a_repeat_answers_with_the_first_result(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        for _ in range(2):
            answer = await caller.post(f"/api/{channel}", json={"id": "a"}, headers=ids("tab", 1))
            assert (answer.status_code, answer.json()) == (201, {"id": "a", "version": 1})
        assert (await caller.get(f"/api/{channel}")).json()["offset"] == 1
        stale = await caller.post(f"/api/{channel}", json={"id": "b"}, headers=ids("tab", 7))
        assert stale.status_code == 201
        answer = await caller.post(f"/api/{channel}", json={"id": "c"}, headers=ids("tab", 6))
        assert error_of(answer)["name"] == "stale_mutation"


async def test_an_older_fence_is_412_and_uses_up_no_id(any_stack: Address, channel: str) -> None:
    async def write(n: int, fence: int, body: object = None) -> httpx.Response:
        headers = ids("profile", n) | {"Fence": str(fence)}
        return await caller.post(f"/api/{channel}", json=body or {"id": f"i{n}"}, headers=headers)

    async with http(any_stack) as caller:
        assert (await write(1, 2)).status_code == 201
        refused = await write(2, 1)
        assert refused.status_code == 412
        error = error_of(refused)
        assert (error["code"], error["name"], error["definite"]) == (41201, "stale_fence", True)
        assert error["retryable"] is False
        assert (await write(2, 2)).status_code == 201
        assert (await write(3, 1, {"id": "i3", "version": 1})).status_code == 412, "before it is looked at"
        assert (await write(3, 3, {"id": "i3", "version": 1})).status_code == 422
        assert (await write(4, 2)).status_code == 412, "a refused write has shown its fence too"


@pytest.mark.parametrize("entity_id", ["a/b", "log", "ü 🎉", "%2F", "?", "#"])
async def test_an_item_may_be_called_anything(any_stack: Address, channel: str, entity_id: str) -> None:
    async with http(any_stack) as caller:
        await caller.post(f"/api/{channel}", json={"id": entity_id})
        path = httpx.URL(any_stack.url).copy_with(raw_path=f"/api/{channel}/".encode() + _percent(entity_id))
        answer = await caller.patch(path, json={"n": 1})
        assert answer.json() == {"id": entity_id, "version": 2, "n": 1}
        assert (await caller.delete(path)).json() == {"id": entity_id, "version": 3}


def _percent(text: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in text.encode()).encode()


async def test_half_a_surrogate_pair_goes_there_and_back(any_stack: Address, channel: str) -> None:
    raw = b'{"id":"\\ud800","f":["\\udfff",[],{},12345678901234567890,1e-7]}'
    async with http(any_stack) as caller, connect(any_stack) as client:
        await client.follow(channel)
        answer = await caller.post(f"/api/{channel}", content=raw)
        assert answer.status_code == 201
        assert b'"f":["\\udfff",[],{},12345678901234567890,1e-07]' in answer.content
        [event] = await client.events(1)
        assert event["payload"]["item"] == json.loads(answer.content)
        assert (await caller.get(f"/api/{channel}")).json()["items"] == [json.loads(answer.content)]


async def test_writers_at_the_same_time_never_overwrite_each_other(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        await caller.post(f"/api/{channel}", json={"id": "a", "n": 0})

        async def add_one() -> None:
            while True:
                item = (await caller.get(f"/api/{channel}")).json()["items"][0]
                headers = {"If-Match": str(item["version"])}
                answer = await caller.patch(f"/api/{channel}/a", json={"n": item["n"] + 1}, headers=headers)
                if answer.status_code == 200:
                    return
                current = error_of(answer)["current"]
                assert current["version"] > item["version"]

        await asyncio.gather(*(add_one() for _ in range(8)))
        assert (await caller.get(f"/api/{channel}")).json()["items"] == [{"id": "a", "version": 9, "n": 8}]


# bad input over HTTP


async def test_an_unknown_item_is_404(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        for answer in (
            await caller.patch(f"/api/{channel}/nobody", json={}),
            await caller.delete(f"/api/{channel}/nobody"),
        ):
            error = error_of(answer)
            assert (answer.status_code, error["name"], error["definite"]) == (404, "not_found", True)


async def test_a_stale_version_is_409_with_the_current_item(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        item = (await caller.post(f"/api/{channel}", json={"id": "a", "n": 1})).json()
        for answer in (
            await caller.patch(f"/api/{channel}/a", json={"n": 2}, headers={"If-Match": "9"}),
            await caller.delete(f"/api/{channel}/a", headers={"If-Match": "9"}),
            await caller.post(f"/api/{channel}", json={"id": "a"}),
        ):
            assert answer.status_code == 409
            assert error_of(answer)["current"] == item


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 1}, "title"),
        ({"title": "tea", "done": "yes"}, "done"),
        ({"title": "tea", "version": 3}, "version"),
        ({"title": "tea", "id": 5}, "id"),
        ([], "body"),
    ],
)
async def test_a_bad_body_is_422_and_names_the_field(any_stack: Address, body: Any, field: str) -> None:
    async with http(any_stack) as caller:
        error = error_of(await caller.post("/api/orders", json=body))
        assert (error["code"] // 100, error["field"]) == (422, field)
        assert (error["definite"], error["retryable"]) == (True, False)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Mutation-Id": "1"}, "Client-Id"),
        ({"Client-Id": "x" * 129}, "Client-Id"),
        (ids("tab", "one"), "Mutation-Id"),
        ({"If-Match": "latest"}, "If-Match"),
    ],
)
async def test_a_bad_header_is_422_and_is_named(
    any_stack: Address, channel: str, headers: dict[str, str], field: str
) -> None:
    async with http(any_stack) as caller:
        error = error_of(await caller.patch(f"/api/{channel}/a", json={}, headers=headers))
        assert (error["code"], error["field"]) == (42201, field)


async def test_what_is_not_json_is_400(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        for content in (b"", b"{", b'{"n":NaN}', b"\xff", b"[" * 10_000):
            answer = await caller.post(f"/api/{channel}", content=content)
            assert (answer.status_code, error_of(answer)["name"]) == (400, "invalid_json")


async def test_a_refusal_consumes_its_mutation_id(any_stack: Address) -> None:
    async with http(any_stack, client_id=uuid.uuid4().hex) as caller:
        first = await caller.post("/api/orders", json={"title": ""}, headers={"Mutation-Id": "1"})
        again = await caller.post("/api/orders", json={"title": "tea"}, headers={"Mutation-Id": "1"})
        assert first.status_code == again.status_code == 422
        assert first.json() == again.json()


async def test_a_body_that_is_too_large_is_413_and_the_connection_lives(
    any_stack: Address, channel: str
) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b"x" * 50_000

    async with http(any_stack) as caller:
        for content in (b"x" * 64_001, chunks()):
            answer = await caller.post(f"/api/{channel}", content=content)
            assert (answer.status_code, error_of(answer)["name"]) == (413, "body_too_large")
        empty = '{"id":"a","version":1,"f":""}'  # the limit is the item's: all of it counts
        fits = json.dumps({"id": "a", "f": "x" * (64_000 - len(empty))})
        assert (await caller.post(f"/api/{channel}", content=fits)).status_code == 201
        over = json.dumps({"id": "b", "f": "x" * (64_001 - len(empty))})
        assert (await caller.post(f"/api/{channel}", content=over)).status_code == 413


async def test_a_collections_name_has_a_limit(any_stack: Address) -> None:
    async with http(any_stack) as caller:
        for answer in (
            await caller.get(f"/api/{'x' * 201}"),
            await caller.post(f"/api/{'x' * 201}", json={}),
            await caller.get(f"/api/{'x' * 201}/log"),
        ):
            assert error_of(answer)["field"] == "collection"
        assert (await caller.get(f"/api/{'x' * 200}")).status_code == 200


async def test_a_log_query_that_makes_no_sense_names_what(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        for query, field in (
            ({"from": "x"}, "from"),
            ({"limit": "0"}, "limit"),
            ({"limit": "1001"}, "limit"),
        ):
            error = error_of(await caller.get(f"/api/{channel}/log", params=query))
            assert (error["code"], error["field"]) == (42201, field)


async def test_a_log_of_another_epoch_is_gone(any_stack: Address, channel: str) -> None:
    async with http(any_stack) as caller:
        here = (await caller.get(f"/api/{channel}")).json()
        answer = await caller.get(f"/api/{channel}/log", params={"epoch": "another", "from": 0})
        assert answer.status_code == 410
        assert error_of(answer)["current"] == {"epoch": here["epoch"], "offset": 0}


async def test_what_is_not_there_is_404_and_what_is_not_done_is_405(any_stack: Address) -> None:
    async with http(any_stack) as caller:
        for method, path, status in (
            ("GET", "/nothing", 404),
            ("GET", "/api/orders/a/b/c", 405),
            ("PUT", "/api/orders", 405),
            ("POST", "/health", 405),
            ("GET", "/static/nothing.js", 404),
            ("GET", "/static/../server/app.py", 404),
            ("GET", "/static/%2e%2e/server/app.py", 404),
        ):
            answer = await caller.request(method, path)
            assert (answer.status_code, method, path) == (status, method, path)
            assert error_of(answer)["message"]


async def test_under_strict_a_version_is_required(world: World) -> None:
    async with http(world.reference(strict=True).address) as caller:
        await caller.post("/api/things", json={"id": "a"})
        answer = await caller.patch("/api/things/a", json={}, headers=ids("tab", 1))
        assert (answer.status_code, error_of(answer)["name"]) == (428, "version_required")
        again = await caller.patch("/api/things/a", json={}, headers=ids("tab", 1) | {"If-Match": "1"})
        assert again.status_code == 200


# bad input over a WebSocket


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ("nonsense", 40001),
        ("", 40001),
        ("[]", 40002),
        ("{}", 40002),
        ('{"subscribe":"orders"}', 40002),
        ('{"subscribe":[1]}', 40003),
        ('{"subscribe":[""]}', 40003),
        (json.dumps({"subscribe": ["x" * 201]}), 40003),
        ('{"subscribe":["a"],"positions":7}', 40002),
        (b"\x00binary", 40002),
    ],
)
async def test_a_frame_that_makes_no_sense_is_answered_and_the_connection_lives(
    any_stack: Address, channel: str, frame: str | bytes, name: int
) -> None:
    async with connect(any_stack) as client:
        await client.subscribe(channel)
        await client.send(frame)
        [error] = await client.settle()
        assert (error["type"], error["code"]) == ("error", name)
        assert len(error["message"]) > 10


async def test_a_frame_that_is_too_large_closes_1009(any_stack: Address) -> None:
    async with connect(any_stack) as client:
        await client.send("x" * 512_001)
        assert (await client.closed())[0] == 1009


async def test_a_frame_of_exactly_the_limit_is_read(any_stack: Address) -> None:
    async with connect(any_stack) as client:
        await client.send("x" * 512_000)
        [error] = await client.settle()
        assert error["code"] == 40001


async def test_a_broadcast_that_makes_no_sense_names_the_field(any_stack: Address) -> None:
    async with http(any_stack) as caller:
        for body, field in (
            ({"event": "e", "payload": {}}, "channel"),
            ({"channel": "", "event": "e", "payload": {}}, "channel"),
            ({"channel": "x" * 201, "event": "e", "payload": {}}, "channel"),
            ({"channel": "c", "payload": {}}, "event"),
            ({"channel": "c", "event": "e"}, "payload"),
            ([], "body"),
        ):
            error = error_of(await caller.post("/test/broadcast", json=body))
            assert (error["code"], error["field"]) == (42201, field)
        assert (await caller.post("/test/broadcast", content=b"{")).status_code == 400

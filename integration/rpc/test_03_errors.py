"""Seed 000, 4.3: timeouts, handlers that fail, connections that are lost, and frames that make no sense."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from integration.client import http
from integration.rpc.client import RpcFailedError, echo, rpc_client, silent
from integration.waiting import until
from server.service.calls import ClientError, ClientNotFoundError, ConnectionLostError, RequestTimeoutError
from server.service.notify import Service
from syncbed.world import Address

MIB = 1 << 20


async def test_a_handler_that_fails_answers_its_error_and_the_next_request_is_answered(
    rpc_address: Address,
) -> None:
    async with rpc_client(rpc_address) as client:
        with pytest.raises(RpcFailedError, match=r"^handler error: boom$"):
            await client.send_rpc("test.err", None)
        with pytest.raises(RpcFailedError, match=r"^no handler for topic: test\.nobody$"):
            await client.send_rpc("test.nobody", None)
        assert await client.result("test.echo", {"param": 1}) == {"result": "echo-1"}


async def test_a_client_that_fails_or_has_no_handler_is_quoted(
    rpc_address: Address, service: Service
) -> None:
    def fail(body: Any) -> None:
        raise RuntimeError("bad")

    async with rpc_client(rpc_address) as client:
        client.register_handler("client.fail", fail)
        for topic, text in (("client.fail", "^bad$"), ("client.none", "^no handler for topic: client.none$")):
            with pytest.raises(ClientError, match=text):
                await service.request_to_client(client.broker_client_id, topic, None)


@pytest.mark.parametrize("asker", ["another process", "the server"])
async def test_a_late_answer_is_dropped_and_is_not_taken_for_the_next_ones(
    rpc_address: Address, service: Service, asker: str
) -> None:
    async def ask(body: Any, timeout_ms: int) -> Any:
        if asker == "another process":
            return await service.request_to_client(client_id, "client.silent", body, timeout_ms)
        asked = {"topic": "client.silent", "body": body, "timeout_ms": timeout_ms}
        return (await client.result("test.ask", asked, 60_000))["answer"]

    async with rpc_client(rpc_address) as client:
        client.register_handler("client.silent", silent)
        client.register_handler("client.echo", echo)
        client_id = client.broker_client_id
        await service.request_to_client(client_id, "client.echo", {"param": 0})  # it listens for answers now
        with pytest.raises((RequestTimeoutError, RpcFailedError), match="request timed out"):
            await ask(1, 200)
        pending = asyncio.create_task(ask(2, 60_000))
        await client.asked(3)
        late, asked = (header["correlationID"] for header in client.requests[1:])
        for _ in range(2):
            await client.send("response", late, "late", correlationID=late)
        await client.send("error", late, {"error": "late"}, correlationID=late)
        await client.result("test.echo", {"param": 1})
        await client.send("response", asked, "in time", correlationID=asked)
        assert await pending == "in time"
        answer = await service.request_to_client(client_id, "client.echo", {"param": 3})
        assert answer == {"result": "echo-3"}
        assert client.events.empty(), "a late answer is no mistake of the client's"


async def test_nobody_is_found_by_an_id_that_never_was_or_is_gone(
    rpc_address: Address, service: Service
) -> None:
    async with rpc_client(rpc_address) as client:
        pass

    async def not_found() -> bool:
        try:
            await service.request_to_client(client.broker_client_id, "client.echo", None, 5000)
        except ClientNotFoundError:
            return True
        except ConnectionLostError:  # it was just going
            return False
        raise AssertionError("answered")

    await until(not_found)
    with pytest.raises(ClientNotFoundError, match=r"^client not found$"):
        await service.request_to_client("wsconn-never", "client.echo", None)
    async with rpc_client(rpc_address) as other:
        with pytest.raises(RpcFailedError, match=r"^handler error: client not found$"):
            await other.send_rpc("test.ask", {"client_id": client.broker_client_id, "topic": "x"})


@pytest.mark.parametrize("end", ["dropped", "closed", "killed"])
async def test_a_lost_connection_fails_what_is_pending_at_once(
    rpc_address: Address, service: Service, end: str
) -> None:
    async with rpc_client(rpc_address) as client, rpc_client(rpc_address) as other:
        client.register_handler("client.silent", silent)
        body = {"client_id": client.broker_client_id, "topic": "client.silent", "timeout_ms": 60_000}
        pending = [
            asyncio.create_task(
                service.request_to_client(client.broker_client_id, "client.silent", None, 60_000)
            ),
            asyncio.create_task(other.result("test.ask", body)),
        ]
        await client.asked(2)
        match end:
            case "dropped":
                client.drop()
            case "closed":
                await client.close()
            case "killed":
                await client.send_event("kill")
                assert await client.ended() == 1006
        with pytest.raises(ConnectionLostError, match=r"^connection lost$"):
            await pending[0]
        with pytest.raises(RpcFailedError, match=r"^handler error: connection lost$"):
            await pending[1]


async def test_who_subscribed_hears_of_the_end(rpc_address: Address) -> None:
    topic = "_internal.client.deregistered"
    async with rpc_client(rpc_address) as listener:
        await listener.send("subscribe", topic, None)
        await listener.result("test.echo", {"param": 1})
        async with rpc_client(rpc_address, "ps-9") as client:
            client.drop()
            told = await listener.next_event(topic)
        assert told["body"] == {
            "brokerClientID": client.broker_client_id,
            "pageSessionID": "ps-9",
            "status": "deregistered",
        }


@pytest.mark.parametrize("text", ["{", "", '{"header":', "\u0000"])
async def test_what_is_not_json_is_passed_over_and_the_connection_kept(
    rpc_address: Address, text: str
) -> None:
    async with rpc_client(rpc_address) as client:
        await client.send_text(text)
        assert await client.result("test.echo", {"param": 1}) == {"result": "echo-1"}
        assert client.events.empty()


async def test_a_frame_over_one_mebibyte_closes_with_1009_and_one_below_it_does_not(
    rpc_address: Address,
) -> None:
    header = {"messageID": "m", "type": "event", "topic": "big", "timestamp": 1}
    empty = len(json.dumps({"header": header, "body": ""}))
    for size, passes in ((MIB, True), (MIB + 1, False)):
        async with rpc_client(rpc_address) as client:
            await client.send_text(json.dumps({"header": header, "body": "x" * (size - empty)}))
            if passes:
                assert await client.result("test.echo", {"param": 1}) == {"result": "echo-1"}
            else:
                assert await client.ended() == 1009


async def test_nothing_is_left_of_clients_that_are_gone(rpc_address: Address) -> None:
    """Nor of what they asked: an answer that nobody hears any more is not worked at."""

    async def left() -> dict[str, int]:
        async with http(rpc_address) as caller:
            found: dict[str, int] = (await caller.get("/test/leftovers")).json()
        return {name: found[name] for name in ("connections", "joined", "background")}

    async def nobody_is_there() -> bool:
        return (await left())["connections"] == 0

    await until(nobody_is_there)
    before = await left()
    for _ in range(3):
        async with rpc_client(rpc_address) as client:
            for number in range(20):
                await client.send(
                    "request", "test.slow", {"delay_ms": 3_600_000}, correlationID=f"slow{number}"
                )
            await client.send_rpc("test.echo", {"param": 1})
            assert (await left())["background"] >= 20
            client.drop()

    async def as_before() -> bool:
        return await left() == before

    await until(as_before)

"""The gateway's fan-out and a request to a client of another instance, each as one trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from integration.client import connect
from integration.rpc.client import rpc_client
from integration.telemetry.collector import Collector, collecting
from integration.telemetry.reporting import reporting
from server.core.events import client_channel


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as collector:
        yield collector


async def test_a_chat_message_is_one_trace_from_gateway_to_gateway(
    collector: Collector, redis_url: str, redis_prefix: str
) -> None:
    shared: dict[str, Any] = {"redis_url": redis_url, "redis_prefix": redis_prefix}
    async with (
        reporting(collector, "here", **shared) as here,
        reporting(collector, "there", **shared) as there,
    ):
        async with (
            connect(here.address, "/ws/gateway") as one,
            connect(there.address, "/ws/gateway") as other,
        ):
            sender = (await one.next())["connection_id"]
            assert (await other.next())["type"] == "system"
            await one.send({"channel": "guide", "intent": "chat", "payload": {"message": "hi"}})
            told = await other.next()
            assert told["message"]["payload"] == {"message": "hi"}
            delivered = await collector.span(
                lambda span: span.service == "there" and span.says(direction="sent", channel="guide")
            )
            received = await collector.span(lambda span: span.span_id == delivered.parent_id)
        connection = await collector.span(
            lambda span: span.name == "websocket.connection" and span.says(connection_id=sender)
        )
    assert received.service == "here"
    assert received.says(direction="received", connection_id=sender)
    assert delivered.trace_id == received.trace_id
    assert received.links == (connection.span_id,)
    assert connection.says(dialect="gateway")


async def test_a_request_to_a_client_elsewhere_is_in_the_trace_of_who_asked_for_it(
    collector: Collector, redis_url: str, redis_prefix: str
) -> None:
    shared: dict[str, Any] = {"redis_url": redis_url, "redis_prefix": redis_prefix}
    async with (
        reporting(collector, "here", **shared) as here,
        reporting(collector, "there", **shared) as there,
        rpc_client(here.address) as asks,
        rpc_client(there.address) as answers,
    ):
        answers.register_handler("add", lambda body: {"sum": sum(body)})
        asked = {"client_id": answers.broker_client_id, "topic": "add", "body": [1, 2]}
        frame = await asks.send_rpc("test.ask", asked)
        assert frame["body"] == {"answer": {"sum": 3}}
        channel = client_channel(answers.broker_client_id)
        request = await collector.span(lambda span: span.says(direction="sent", channel=channel))
        asking = await collector.span(lambda span: span.span_id == request.parent_id)
    assert (request.service, asking.service) == ("there", "here")
    assert asking.says(direction="received", connection_id=asks.broker_client_id)

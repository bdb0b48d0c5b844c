"""1. Basic connection establishment."""

from __future__ import annotations

import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from integration.client import connect
from integration.core.client import Core, Figures, token


async def test_a_handshake_upgrades_and_the_connection_carries_both_ways(
    core: Core, figures: Figures
) -> None:
    for _ in range(30):
        began = time.perf_counter()
        async with core.open() as client:
            figures.seconds.append(time.perf_counter() - began)
            response = client.connection.response
            assert response is not None
            assert response.status_code == 101
            assert response.headers["Upgrade"] == "websocket"
            assert "Sec-WebSocket-Accept" in response.headers
            assert client.connection.state.name == "OPEN"
            await client.ping()
        assert client.connection.state.name == "CLOSED"
    figures.done("connections opened and closed")


async def test_without_a_token_there_is_no_connection(core: Core) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(core.address, "/ws/state"):
            pass
    assert refused.value.response.status_code == 403


async def test_a_strange_page_gets_no_connection(core: Core) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(core.address, "/ws/state", f"?token={token()}", origin="http://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_a_path_that_is_not_there_and_one_that_is_no_page(core: Core) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(core.address, "/ws/nowhere", f"?token={token()}"):
            pass
    assert refused.value.response.status_code in (403, 404)
    async with httpx.AsyncClient(trust_env=False, verify=False) as caller:
        assert (await caller.get(core.address.url + "/ws/state")).status_code == 426

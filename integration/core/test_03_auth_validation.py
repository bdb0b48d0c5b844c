"""3. Tokens."""

from __future__ import annotations

import base64
import json
import time

import pytest
from websockets.exceptions import InvalidStatus

from integration.client import connect
from integration.core.client import Core, Figures, token
from syncbed.world import Address


async def refused(address: Address, given: str, path: str = "/ws/state") -> str:
    with pytest.raises(InvalidStatus) as error:
        async with connect(address, path, f"?token={given}"):
            pass
    response = error.value.response
    assert response.status_code == 403
    message: str = json.loads(response.body)["error"]["message"]
    return message


def alg_none() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, {"sub": "alice", "exp": time.time() + 60}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join(encoded) + "."


async def test_a_valid_token_opens_each_door_and_is_refreshed_on_the_open_connection(
    core: Core, figures: Figures
) -> None:
    header = {"Authorization": f"Bearer {token()}"}
    encoded = base64.urlsafe_b64encode(token().encode()).rstrip(b"=").decode()
    async with connect(core.address, "/ws/secure", additional_headers=header) as client:
        assert (await client.next())["payload"]["auth_method"] == "header"
    async with connect(core.address, "/ws/secure", subprotocols=["jwt-auth", f"jwt.{encoded}"]) as client:
        assert client.connection.subprotocol == "jwt-auth"
        assert (await client.next())["payload"]["auth_method"] == "subprotocol"
    async with core.open() as open_client:
        figures.start()
        for _ in range(50):
            began = time.perf_counter()
            answer = await open_client.answer({"type": "auth_refresh", "payload": {"token": token()}})
            figures.seconds.append(time.perf_counter() - began)
            assert answer["type"] == "auth_refreshed"
        figures.done("tokens refreshed")


async def test_an_expired_token_is_refused(core: Core) -> None:
    assert "expired" in await refused(core.address, token(expires_in_s=-1))


async def test_a_token_signed_with_another_key_is_refused(core: Core) -> None:
    assert "not valid" in await refused(core.address, token(secret="another secret that is long enough!!"))


async def test_an_unsigned_token_is_refused(core: Core) -> None:
    assert "not valid" in await refused(core.address, alg_none())


async def test_nonsense_is_refused_and_the_secure_door_takes_no_token_from_an_address(core: Core) -> None:
    assert "not valid" in await refused(core.address, "nonsense")
    assert "required" in await refused(core.address, token(), "/ws/secure")


async def test_a_connection_ends_with_its_token_and_a_refresh_prolongs_it(core: Core) -> None:
    async with core.open(expires_in_s=1) as short, core.open("bob", expires_in_s=1) as prolonged:
        assert (await short.next())["type"] == "token_expiring"
        assert (await prolonged.next())["type"] == "token_expiring"
        fresh = {"type": "auth_refresh", "payload": {"token": token("bob")}}
        refreshed = await prolonged.answer(fresh)
        assert refreshed["type"] in ("auth_refreshed", "token_expiring")
        assert (await short.closed())[0] == 4001
        await prolonged.send({"type": "user_message", "payload": {"message_id": 1}})
        while (await prolonged.next())["type"] != "ack":
            pass


async def test_a_refresh_with_a_bad_token_changes_nothing(core: Core) -> None:
    async with core.open() as client:
        for bad in (token(expires_in_s=-1), token("bob"), "nonsense"):
            answer = await client.answer({"type": "auth_refresh", "payload": {"token": bad}})
            assert answer["payload"]["code"] == "AUTH_ERROR"
        await client.ping()

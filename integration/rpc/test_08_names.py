"""Names are the clients' to choose: what they leave in Redis is not there for ever."""

from __future__ import annotations

import json
from typing import Any

import redis as redis_client

from integration.client import connect, http
from integration.rpc.client import rpc_client
from syncbed.world import World

NAMES = 30
DAY_S = 86_400


async def test_nothing_is_kept_for_ever_but_collections(
    world: World, redis_url: str, redis_prefix: str
) -> None:
    address = world.reference(redis_url=redis_url, redis_prefix=redis_prefix).address
    async with rpc_client(address) as client, connect(address, "/ws/gateway") as guest:
        for number in range(NAMES):
            await client.send("subscribe", f"heard {number}", None)
            await client.send_event(f"heard {number}", number)
            await client.send_event(f"by nobody {number}", number)
            await client.next_event(f"heard {number}")
            said = {"channel": f"any name {number}", "intent": "chat", "payload": {"message": "hi"}}
            await guest.connection.send(json.dumps(said))
        await client.result("test.echo", {"param": 1})
        async with http(address) as caller:
            for name in ("orders", "emptied"):
                created = await caller.post(f"/api/{name}", json={"id": "a", "title": "tea"})
                assert created.status_code == 201
            assert (await caller.delete("/api/emptied/a")).status_code == 200
            assert (await caller.get("/api/never-written")).status_code == 200

    redis: Any = redis_client.Redis.from_url(redis_url, decode_responses=True)
    lives_s = {
        key.removeprefix(f"{redis_prefix}:"): redis.ttl(key) for key in redis.keys(f"{redis_prefix}:*")
    }
    assert {key for key, ttl_s in lives_s.items() if ttl_s == -1} == {
        "{orders}:meta",
        "{orders}:log",
        "{orders}:items",
        "{emptied}:meta",
        "{emptied}:log",
    }
    assert max(lives_s.values()) <= DAY_S
    assert sum(key.startswith("{by nobody ") for key in lives_s) >= NAMES

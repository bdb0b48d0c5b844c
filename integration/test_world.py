"""The ground of the suites, on real servers: lives, deaths, and what survives them."""

from __future__ import annotations

import httpx
import pytest
import redis as redis_client

from syncbed.world import World, WorldError


def test_a_killed_reference_server_comes_back_at_its_address(world: World) -> None:
    reference = world.reference()
    address = reference.address
    reference.kill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address.url + "/health")
    assert reference.start().address == address
    assert httpx.get(address.url + "/health").json()["status"] == "ok"


def test_a_reference_server_stops_with_code_0(world: World) -> None:
    assert world.reference().stop() == 0


def test_what_an_append_only_redis_acknowledged_survives_a_crash(world: World) -> None:
    redis = world.redis(append_only=True)
    client = redis_client.Redis.from_url(redis.url)
    client.set("kept", "yes")
    redis.restart()
    assert client.get("kept") == b"yes"
    redis.restart(keep_data=False)
    assert client.get("kept") is None


def test_a_redis_without_a_log_forgets(world: World) -> None:
    redis = world.redis()
    client = redis_client.Redis.from_url(redis.url)
    client.set("kept", "no")
    redis.restart()
    assert client.get("kept") is None


def test_a_redis_that_still_writes_its_first_log_is_stopped_when_it_can_be(world: World) -> None:
    redis = world.redis()
    client = redis_client.Redis.from_url(redis.url)
    client.set("kept", "yes")
    client.config_set("rdb-key-save-delay", 500_000)  # µs a key
    client.config_set("appendonly", "yes")
    assert redis.stop() == 0
    assert "Writing initial AOF, can't exit" in redis.output


def test_the_data_of_a_running_redis_is_not_wiped(world: World) -> None:
    with pytest.raises(WorldError, match="stop or kill it first"):
        world.redis().wipe()


def test_a_suspended_redis_does_not_answer(world: World) -> None:
    redis = world.redis()
    client = redis_client.Redis.from_url(redis.url, socket_timeout=0.2, retry=None)
    redis.suspend()
    with pytest.raises(redis_client.exceptions.TimeoutError):
        client.ping()
    redis.resume()
    assert client.ping()


def test_instances_of_one_world_share_what_two_worlds_do_not(world: World, redis_url: str) -> None:
    first, second = (world.reference(redis_url=redis_url) for _ in range(2))
    created = httpx.post(first.url + "/api/things", json={"name": "shared"})
    assert created.status_code == 201
    assert httpx.get(second.url + "/api/things").json()["items"] == [created.json()]
    with World() as elsewhere:
        other = elsewhere.reference(redis_url=redis_url)
        assert httpx.get(other.url + "/api/things").json()["items"] == []

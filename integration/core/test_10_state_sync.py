"""10. The state: snapshot, updates, resync, conflicts."""

from __future__ import annotations

import asyncio
import time
import uuid

import pytest

from integration.client import connect
from integration.core.client import Core, Figures, token
from integration.core.conftest import Brittle
from integration.waiting import until


@pytest.fixture
def user() -> str:
    """The state stays when its user goes: each test has a user of its own."""
    return f"user-{uuid.uuid4().hex[:8]}"


async def test_snapshot_updates_and_resync_show_the_same_state(
    core: Core, figures: Figures, user: str
) -> None:
    async with core.open(user) as writer, core.open(user) as reader:
        assert writer.state == {"type": "state_snapshot", "payload": {"version": 0, "state": {}}}
        figures.start()
        for version in range(60):
            began = time.perf_counter()
            done = await writer.update("cart", [version], version)
            assert done["payload"] == {"version": version + 1, "update_type": "cart", "user_id": user}
            seen = await reader.next()
            figures.seconds.append(time.perf_counter() - began)
            assert (seen["type"], seen["payload"]) == (
                "state_updated",
                {"version": version + 1, "state": {"cart": [version]}},
            )
        figures.done("updates seen by another connection")
        merge = {"type": "partial_state_update", "payload": {"data": {"theme": "dark"}, "version": 60}}
        assert (await writer.answer(merge))["type"] == "partial_update_applied"
        await reader.next()
        current = await reader.answer({"type": "get_current_state"})
        assert current["payload"] == {"version": 61, "state": {"cart": [59], "theme": "dark"}}
        writer.drop()
        async with core.open(user) as again:
            assert again.state["payload"] == current["payload"]
    async with core.open(user) as back:
        assert back.state == {"type": "state_resync", "payload": current["payload"]}


async def test_a_stale_version_is_a_conflict_and_writes_nothing(core: Core, user: str) -> None:
    async with core.open(user) as client:
        await client.update("a", 1, 0)
        for stale in (0, 7):
            told = await client.update("a", 2, stale)
            assert told["type"] == "version_conflict"
            assert told["payload"] == {
                "client_version": stale,
                "server_version": 1,
                "resolution": "resync_required",
            }
        assert (await client.answer({"type": "get_current_state"}))["payload"]["state"] == {"a": 1}


async def test_of_five_on_the_same_version_one_wins(core: Core, user: str) -> None:
    async with core.open(user) as a, core.open(user) as b, core.open(user) as c:
        clients = [a, b, c]
        for client in clients:
            payload = {"update_type": "a", "data": client.connection_id, "version": 0}
            await client.send({"type": "state_update", "payload": payload})
        outcomes = []
        for client in clients:
            while "client_version" not in (frame := (await client.next()))["payload"]:
                if "update_type" in frame["payload"]:
                    break
            outcomes.append(frame["type"])
        assert sorted(outcomes) == ["state_updated", "version_conflict", "version_conflict"]


async def test_what_is_asked_for_is_never_older_than_what_was_heard(core: Core, user: str) -> None:
    count = 60
    async with core.open(user) as writer, core.open(user) as reader:

        async def write() -> None:
            for n in range(count):
                assert (await writer.update("n", n))["type"] == "state_updated"

        writing = asyncio.create_task(write())
        versions = [0]
        while versions[-1] < count:
            await reader.send({"type": "get_current_state"})
            while (frame := await reader.next())["type"] != "current_state":
                versions.append(frame["payload"]["version"])
            versions.append(frame["payload"]["version"])
        await writing
        assert versions == sorted(versions)


async def test_a_state_that_grows_too_large_is_refused(strict: Core, user: str) -> None:
    async with strict.open(user) as client:
        assert (await client.update("a", "x" * 400))["type"] == "state_updated"
        refused = await client.update("b", "x" * 400)
        assert refused["payload"]["code"] == "MESSAGE_TOO_LARGE"
        assert (await client.update("a", "y"))["type"] == "state_updated"


async def test_the_states_of_two_users_are_apart(core: Core, user: str) -> None:
    async with core.open(user) as mine, core.open(f"{user}-other") as theirs:
        await mine.update("a", 1)
        assert (await theirs.answer({"type": "get_current_state"}))["payload"]["state"] == {}


async def test_while_redis_is_away_a_write_is_an_error_and_nothing_is_half_done(
    brittle: Brittle, user: str
) -> None:
    async with brittle.core.open(user) as client:
        await client.update("a", 1)
        brittle.redis.kill()
        refused = await client.update("a", 2)
        assert refused["payload"]["code"] == "PROCESSING_ERROR"
        brittle.redis.start()

        async def written() -> bool:
            return bool((await client.update("a", 3))["type"] == "state_updated")

        await until(written)


async def test_who_comes_while_redis_is_away_is_told_to_try_again(brittle: Brittle) -> None:
    brittle.redis.kill()
    async with connect(brittle.core.address, "/ws/state", f"?token={token()}") as client:
        assert (await client.next())["type"] == "connection_established"
        assert (await client.next())["payload"]["code"] == "PROCESSING_ERROR"
        assert (await client.closed())[0] == 1013
    await until(brittle.core.is_empty)

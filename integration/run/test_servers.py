"""The servers of a run: which of them are down because someone said so, and which died."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from syncbed import scenario
from syncbed.run.errors import RunError
from syncbed.run.servers import Servers


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    found = Servers(scenario.World("memory", 1, False), tmp_path / "servers.log", {})
    try:
        await found.start()
        yield found
    finally:
        await found.close()


async def test_a_server_that_dies_by_itself_is_told_with_its_last_words(servers: Servers) -> None:
    assert servers.deaths() == []
    servers.instances["a"].kill()
    [death] = servers.deaths()
    assert death.startswith("instance a died unasked; its last words:\n")
    assert "listening on" in death


async def test_a_server_that_was_killed_by_a_step_is_just_down(servers: Servers) -> None:
    url = servers.url("a")
    await servers.kill("a")
    assert (servers.deaths(), servers.running()) == ([], [])
    assert await servers.start_what_is_down() == ["a"]
    assert servers.url("a") == url
    assert (await asyncio.to_thread(urlopen, f"{url}/health")).status == 200


async def test_a_world_in_memory_has_no_redis_to_stop(servers: Servers) -> None:
    with pytest.raises(RunError, match="its broker is memory"):
        await servers.stop_redis()


async def test_what_the_servers_print_is_kept_in_the_runs_folder(servers: Servers, tmp_path: Path) -> None:
    await servers.close()
    assert "[reference 1] syncbed: listening on" in (tmp_path / "servers.log").read_text()

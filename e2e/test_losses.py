"""What Redis loses, as the tabs live it: the SDK notices, reads the state anew, and ends in the right one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, TypeVar

import httpx
import pytest
from playwright.sync_api import Page

from e2e.conftest import Profile
from integration.redis_pair import client_of, redis_pair
from integration.tcp_relay import TcpRelay
from syncbed.world import Address, World

T = TypeVar("T")
NewProfile = Callable[..., Profile]

OPEN = """async () => {
    const { BroadcastClient, createCollection } = await import('/static/sdk/index.js');
    window.client = new BroadcastClient('/ws/broadcast', { reconnectDelay: 20 });
    window.things = createCollection({ name: 'things', client });
    window.resyncs = [];
    client.subscribe('things', () => {}, { onResync: (channel, position, reason) => resyncs.push(reason) });
    client.connect();
}"""
LIVE = "() => things.status().live"
SHOWS = """(titles) => things.status().live && things.pending().length === 0
    && JSON.stringify(things.items().map(({ title }) => title)) === JSON.stringify(titles)"""
CREATE = "(title) => { things.create({ title }) }"


class Aside:
    """An event loop of its own, in a thread, and what is open in it until the test is over."""

    def __init__(self) -> None:
        self.open = AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def close(self) -> None:
        self.wait(self.open.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@pytest.fixture
def aside(world: World) -> Iterator[Aside]:
    del world  # its servers end after what stands in front of them
    aside = Aside()
    yield aside
    aside.close()


@pytest.fixture
def open_tab(new_profile: NewProfile) -> Callable[[Address], Page]:
    """In a profile of its own, and live."""

    def open_one(address: Address) -> Page:
        tab = new_profile().open_tab(f"{address.url}/health")
        tab.evaluate(OPEN)
        tab.wait_for_function(LIVE)
        return tab

    return open_one


def all_show(tabs: list[Page], titles: list[str]) -> None:
    for tab in tabs:
        tab.wait_for_function(SHOWS, arg=titles)


def test_tabs_see_what_a_failover_lost_and_write_again_what_waited(
    world: World, aside: Aside, open_tab: Callable[[Address], Page]
) -> None:
    pair = aside.wait(aside.open.enter_async_context(redis_pair(world)))
    aside.wait(pair.follow())
    address = world.reference(redis_url=pair.url).address
    tabs = [open_tab(address) for _ in range(2)]
    tabs[0].evaluate(CREATE, "kept")
    all_show(tabs, ["kept"])
    aside.wait(pair.in_step())
    aside.wait(pair.lag())
    tabs[0].evaluate(CREATE, "lost")
    all_show(tabs, ["kept", "lost"])
    before = tabs[1].evaluate("() => client.position('things')")

    aside.wait(pair.lose_master())
    tabs[0].evaluate(CREATE, "waited")
    tabs[0].wait_for_function("() => things.pending().length === 1")
    aside.wait(pair.fail_over())
    all_show(tabs, ["kept", "waited"])
    tabs[1].evaluate(CREATE, "after")
    all_show(tabs, ["kept", "waited", "after"])
    for tab in tabs:
        assert len(tab.evaluate("() => resyncs")) == 1
        here = tab.evaluate("() => client.position('things')")
        assert (here["epoch"] != before["epoch"], here["offset"]) == (True, 2)


def test_an_event_that_redis_did_not_deliver_is_found_by_the_regular_check(
    world: World, aside: Aside, open_tab: Callable[[Address], Page]
) -> None:
    """No connection ends: the check of the instance finds it in the log, and the tab misses nothing."""
    redis = world.redis()
    relay = aside.wait(aside.open.enter_async_context(TcpRelay(redis.url)))
    address = world.reference(redis_url=relay.url, position_check_ms=300).address
    tab = open_tab(address)
    relay.lose_published(b"unheard-of")
    create = partial(httpx.post, f"{address.url}/api/things")
    create(json={"title": "unheard-of"}).raise_for_status()
    all_show([tab], ["unheard-of"])
    assert relay.lost == 1
    assert tab.evaluate("() => [resyncs, client.reason]") == [[], "opened"]


def test_a_redis_that_was_emptied_is_noticed_by_tabs_that_nobody_writes_to(
    world: World, open_tab: Callable[[Address], Page]
) -> None:
    """No connection ends, no event comes: the position of another epoch is all there is to notice."""
    redis = world.redis()
    tab = open_tab(world.reference(redis_url=redis.url, position_check_ms=300).address)
    tab.evaluate(CREATE, "gone")
    all_show([tab], ["gone"])
    client_of(redis).flushall()
    all_show([tab], [])
    tab.evaluate(CREATE, "new")
    all_show([tab], ["new"])
    assert len(tab.evaluate("() => resyncs")) == 1
    assert tab.evaluate("() => client.position('things').offset") == 1

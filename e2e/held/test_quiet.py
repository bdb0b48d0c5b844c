"""Quiet is declared when nothing is on its way any more, and not before; what never ends is an error."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from e2e.held.conftest import Run
from e2e.held.held_world import HeldWorld, held_world
from syncbed.held import NotQuietError, QuietLimits, deliver
from syncbed.world import World

# Begins once the evaluation has answered, and then keeps the main thread.
BUSY = """() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const end = __held.realNow() + 200;
    while (__held.realNow() < end);
    app.wasBusy = true;
  };
  port2.postMessage(null);
}"""


async def to_live(world: HeldWorld) -> None:
    await world.held.deliver_by_seed(1)
    for tab in world.pages:
        assert await world.pages[tab].evaluate("app.collection.status().live"), tab


def test_everything_that_a_busy_page_does_about_a_frame_is_waited_for(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        await to_live(held)
        await held.act("bob/1", "() => { create({id: 'x', title: 'one'}); }")
        post = f"bob/1 POST /api/{held.collection} mutation 1 #1 up"
        await held.held.take(deliver(post))
        page = held.pages["alice/1"]
        await page.evaluate(
            "() => { app.collection.onChange(() => app.client.emit('seen', items().length)); }"
        )
        hear = "() => { app.client.subscribe('seen', ({ payload }) => { app.seen = payload; }); }"
        await held.pages["alice/2"].evaluate(hear)
        await page.evaluate(BUSY)
        await held.held.take(deliver("alice/1 /ws/broadcast #1 down 3"))
        assert await page.evaluate("app.wasBusy") is True
        assert [item["id"] for item in (await held.view("alice/1"))["items"]] == ["x"]
        assert await held.pages["alice/2"].evaluate("app.seen") == 1, "its sibling has heard of it too"

    run(scenario())


def test_a_server_that_has_not_had_its_turn_is_waited_for(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        await to_live(held)
        await held.act("bob/1", "() => { create({id: 'x', title: 'one'}); }")
        post = f"bob/1 POST /api/{held.collection} mutation 1 #1"
        held.reference.suspend()
        try:
            taking = asyncio.create_task(held.held.take(deliver(f"{post} up")))
            await held.wire.until(
                lambda: held.wire.counters.total(kind="http", direction="up").waiting == 0, 5000
            )
            for _ in range(20):
                await asyncio.sleep(0)
            assert not taking.done()
        finally:
            held.reference.resume()
        await taking
        # Alice's tabs share a socket, which has two answers behind it: one for each of them.
        events = ["alice/1 /ws/broadcast #1 down 3", "bob/1 /ws/broadcast #1 down 2"]
        assert held.names() == sorted([*events, f"{post} down"])

    run(scenario())


def test_a_change_has_reached_the_other_tab_of_its_profile(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        await to_live(held)
        for number in range(5):
            await held.act("alice/1", f"() => {{ create({{id: 'x{number}', title: 'one'}}); }}")
            assert len((await held.view("alice/2"))["items"]) == number + 1
        assert (await held.view("bob/1"))["items"] == []

    run(scenario())


def test_storage_is_waited_for(held: HeldWorld, run: Run[Any]) -> None:
    script = """() => {
      const request = indexedDB.open('held-test', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('things');
      request.onsuccess = () => {
        const storing = request.result.transaction('things', 'readwrite');
        for (let n = 0; n < 500; n += 1) storing.objectStore('things').put(n, n);
        storing.oncomplete = () => { globalThis.stored = true; request.result.close(); };
      };
    }"""

    async def scenario() -> None:
        await held.act("alice/1", script)
        assert await held.pages["alice/1"].evaluate("globalThis.stored") is True

    run(scenario())


def test_a_limit_that_is_hit_is_an_error_and_says_what_did_not_add_up(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        never = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = never.sockets[0].getsockname()[1]
        script = f"""() => {{
          globalThis.giveUp = new AbortController();
          fetch('http://127.0.0.1:{port}/', {{ mode: 'no-cors', signal: giveUp.signal }}).catch(() => {{}});
        }}"""
        await held.pages["alice/1"].evaluate(script)
        held.held.limits = QuietLimits(wait_ms_max=300)
        words = "alice/1: requests are unanswered: 2 in the page, 1 at the wire"
        with pytest.raises(NotQuietError, match=re.escape(f"not quiet within 300 ms: {words}")):
            await held.held.quiet()
        await held.pages["alice/1"].evaluate("giveUp.abort()")
        await held.held.quiet()
        never.close()

    run(scenario())


def test_a_page_with_a_worker_is_named_and_the_run_marked(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        assert held.held.not_repeatable == []
        await held.act("bob/1", "() => { new Worker('/static/sdk/backoff.js', {type: 'module'}); }")
        assert held.held.not_repeatable == ["bob/1: Worker backoff.js"]
        await held.pages["bob/1"].reload()
        await held.held.quiet()

    run(scenario())


def test_a_server_without_counters_is_named_and_silence_decides(world: World, run: Run[Any]) -> None:
    async def scenario() -> None:
        reference = world.reference(test_mode=False)
        async with held_world(reference, rewrite_host=True) as plain:
            await plain.begin()
            assert plain.held.not_repeatable == ["server main has no counters"]
            await to_live(plain)

    run(scenario())

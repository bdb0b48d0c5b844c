"""Time waits: a held timer fires when it is advanced to, or by its name."""

from __future__ import annotations

from typing import Any

from e2e.held.conftest import Run
from e2e.held.held_world import HeldWorld
from syncbed.held import EPOCH_MS, advance, end_before, fire

SET = """() => {
  globalThis.rung = [];
  setTimeout(function ackTimeout() { rung.push(['ack', Date.now(), performance.now()]); }, 4200);
}"""


async def listed(world: HeldWorld, tab: str) -> dict[str, float]:
    return {timer.name: timer.in_ms for timer in world.held.timers() if timer.owner == tab}


def test_a_held_timer_does_not_fire_until_it_is_advanced_to(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        page = held.pages["bob/1"]
        await held.act("bob/1", SET)
        (name,) = [name for name, in_ms in (await listed(held, "bob/1")).items() if in_ms == 4200]
        await held.held.take(advance(4199))
        assert await page.evaluate("rung") == []
        assert (await listed(held, "bob/1"))[name] == 1
        await held.held.take(advance(1))
        assert await page.evaluate("rung") == [["ack", EPOCH_MS + 4200, 4200]]
        assert name not in await listed(held, "bob/1")

    run(scenario())


def test_timers_of_all_tabs_fire_in_the_order_they_are_due(held: HeldWorld, run: Run[Any]) -> None:
    tick = "(ms) => { setInterval(() => { new BroadcastChannel('ticks').postMessage(Date.now()); }, ms); }"

    async def scenario() -> None:
        hear = """() => {
          globalThis.ticks = [];
          new BroadcastChannel('ticks').onmessage = ({ data }) => ticks.push(data);
        }"""
        await held.pages["alice/2"].evaluate(hear)
        await held.pages["alice/1"].evaluate(tick, 300)
        await held.pages["alice/2"].evaluate(tick, 200)
        await held.held.quiet()
        await held.held.take(advance(900))
        heard = [each - EPOCH_MS for each in await held.pages["alice/2"].evaluate("ticks")]
        assert heard == [200, 300, 400, 600, 600, 800, 900]
        for tab in ("alice/1", "alice/2"):
            await held.pages[tab].reload()

    run(scenario())


def test_a_timer_set_by_a_timer_is_due_from_then_on_and_nesting_takes_time(
    held: HeldWorld, run: Run[Any]
) -> None:
    script = """() => {
      globalThis.at = [];
      const again = () => { at.push(performance.now()); if (at.length < 9) setTimeout(again); };
      setTimeout(again, 10);
    }"""

    async def scenario() -> None:
        await held.act("bob/1", script)
        await held.held.take(advance(30))
        assert await held.pages["bob/1"].evaluate("at") == [10, 10, 10, 10, 10, 14, 18, 22, 26]

    run(scenario())


def test_a_timer_that_is_fired_by_name_is_on_time_and_the_others_are_late(
    held: HeldWorld, run: Run[Any]
) -> None:
    async def scenario() -> None:
        await held.act("bob/1", SET)
        await held.act("bob/1", "() => { setTimeout(function early() { rung.push('early'); }, 100); }")
        (name,) = [name for name, in_ms in (await listed(held, "bob/1")).items() if in_ms == 4200]
        await held.held.take(fire("bob/1", name))
        assert await held.pages["bob/1"].evaluate("rung") == [["ack", EPOCH_MS + 4200, 4200]]
        assert min((await listed(held, "bob/1")).values()) == -4100
        await held.held.take(advance(1))
        assert (await held.pages["bob/1"].evaluate("rung"))[-1] == "early"

    run(scenario())


def test_the_sdk_s_timers_have_names_that_say_who_set_them(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        assert await listed(held, "alice/1") == {"api.js request #1": 10_000}
        await held.held.deliver_by_seed(1)
        assert await listed(held, "alice/1") == {"pulse.js listen #1": 5500}
        await held.act("alice/1", "() => { create({id: 'x', title: 'one'}); }")
        assert any(name.startswith("api.js request #") for name in await listed(held, "alice/1"))

    run(scenario())


def test_a_reconnect_waits_for_its_timer(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        await held.held.take(end_before("bob/1 /ws/broadcast #1 up 1"))
        assert (await held.view("bob/1"))["state"] == "reconnecting"
        names = await listed(held, "bob/1")
        in_ms = names["connection.js waiting #1"]
        await held.held.take(advance(in_ms - 1))
        assert (await held.view("bob/1"))["state"] == "reconnecting"
        await held.held.take(advance(1))
        assert (await held.view("bob/1"))["state"] == "connected"
        assert "bob/1 /ws/broadcast #2 up 1" in held.names()

    run(scenario())


def test_the_server_s_clock_moves_along(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        await held.held.deliver_by_seed(1)
        assert await listed(held, "server main") == {"position check #1": 5000}
        await held.held.take(advance(4999))
        assert held.names() == []
        await held.held.take(advance(1))
        assert held.names() == ["alice/1 /ws/broadcast #1 down 3", "bob/1 /ws/broadcast #1 down 2"]
        assert await listed(held, "server main") == {"position check #2": 5000}

    run(scenario())


def test_a_reload_stays_held_and_chance_goes_on(held: HeldWorld, run: Run[Any]) -> None:
    draw = "() => [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(2)).join()]"

    async def scenario() -> None:
        page = held.pages["bob/1"]
        first = await page.evaluate(draw)
        await held.begin()
        assert await page.evaluate(draw) == first
        assert await held.pages["alice/1"].evaluate(draw) != first
        await page.reload()
        await page.evaluate("setTimeout(() => { globalThis.rang = true; }, 5)")
        await held.held.quiet()
        assert await page.evaluate(draw) != first
        assert (await listed(held, "bob/1")).popitem()[1] == 5
        await held.held.take(advance(5))
        assert await page.evaluate("rang") is True

    run(scenario())


def test_time_flows_again_after_go(held: HeldWorld, run: Run[Any]) -> None:
    async def scenario() -> None:
        page = held.pages["bob/1"]
        ring = (
            "() => { globalThis.rang = new Promise((ring) => { setTimeout(() => ring(Date.now()), 50); }); }"
        )
        await page.evaluate(ring)
        await held.held.go()
        assert await page.evaluate("rang") >= EPOCH_MS + 50
        await page.evaluate("new Promise(requestAnimationFrame)")
        await page.wait_for_function("app.client.state === 'connected'")
        await held.held.hold()
        at = await page.evaluate("Date.now()")
        await held.held.quiet()
        assert await page.evaluate("Date.now()") == at

    run(scenario())

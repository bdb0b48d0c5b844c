"""The server's clock: frozen, it moves by `advance` only, and ends one wait after the other."""

import asyncio

import pytest

from server.clock import HeldClock


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def rung() -> list[str]:
    return []


async def start(clock: HeldClock, rung: list[str], what: str, *seconds: float) -> asyncio.Task[None]:
    async def wait() -> None:
        for each in seconds:
            await clock.sleep(each, what)
            rung.append(f"{what} at {clock.now_s():g}")

    task = asyncio.create_task(wait())
    await turn()
    return task


async def frozen_at_zero() -> HeldClock:
    clock = HeldClock()
    clock.freeze()
    while clock.now_s() != 0:  # once, unless seconds times a thousand were rounded
        await clock.advance(-clock.now_s() * 1000, turn)
    return clock


async def test_a_flowing_clock_wakes_by_itself(rung: list[str]) -> None:
    clock = HeldClock()
    await (await start(clock, rung, "tick", 0.001))
    assert len(rung) == 1


async def test_a_frozen_clock_wakes_nobody_until_it_is_advanced(rung: list[str]) -> None:
    clock = await frozen_at_zero()
    await start(clock, rung, "tick", 5)
    assert await clock.advance(4999, turn) == []
    assert (rung, clock.sleeping) == ([], 1)
    assert await clock.advance(1, turn) == ["tick #1"]
    assert (rung, clock.sleeping) == (["tick at 5"], 0)


async def test_waits_end_in_the_order_they_are_due_and_those_begun_meanwhile_too(rung: list[str]) -> None:
    clock = await frozen_at_zero()
    await start(clock, rung, "slow", 7)
    await start(clock, rung, "fast", 2, 2, 2, 2)
    await clock.advance(7000, turn)
    assert rung == ["fast at 2", "fast at 4", "fast at 6", "slow at 7"]
    assert [sleeper.name for sleeper in clock.sleepers()] == ["fast #4"]


async def test_freezing_lets_every_wait_begin_anew_and_counts_names_from_one(rung: list[str]) -> None:
    clock = HeldClock()
    await (await start(clock, rung, "tick", 0.001))
    waiting = await start(clock, rung, "tick", 60)
    assert [sleeper.name for sleeper in clock.sleepers()] == ["tick #2"]
    clock.freeze()
    (sleeper,) = clock.sleepers()
    assert (sleeper.name, sleeper.due_s - clock.now_s()) == ("tick #1", 60)
    waiting.cancel()
    await turn()
    assert clock.sleeping == 0


async def test_thawing_goes_on_from_where_it_stood(rung: list[str]) -> None:
    clock = await frozen_at_zero()
    task = await start(clock, rung, "tick", 0.002)
    await clock.advance(1, turn)
    clock.thaw()
    await task
    assert 0.002 <= clock.now_s() < 60


async def test_what_would_be_told_to_be_due_now_has_ended(rung: list[str]) -> None:
    clock = await frozen_at_zero()
    await start(clock, rung, "tick", 5)
    for _ in range(3):  # steps that do not add up to 5 s in binary
        await clock.advance(1666.6666666, turn)
    assert (rung, clock.sleeping) == (["tick at 5"], 0)

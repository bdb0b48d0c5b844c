"""Publishing through circuits: the four statuses, and the order of what waited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from server.brokers.base import BrokerLimits, IndefiniteError
from server.brokers.lanes import LANES_MAX, Lanes
from server.clock import HeldClock
from server.core.circuit import CircuitRules
from server.core.events import Event, gateway_channel
from server.telemetry.spans import resumed
from tests.brokers.contract import TRACEPARENT
from tests.brokers.lossy_broker import LossyBroker
from tests.talk import turns

LIMITS = BrokerLimits(history_events_max=100, mutations_remembered_max=10, mutations_remembered_s=60)
RULES = CircuitRules(failures_max=5, open_s=30, successes_min=2, queue_max=10, retry_s=1)

BYTES_MAX = 1_000_000


class LossyPublisher(LossyBroker):
    """Its calls may not arrive, and its answers may not come back."""

    answers = True

    async def publish(self, channel: str, name: str, payload: str, sender: str = "") -> Event:
        await self._reach()
        event = await super().publish(channel, name, payload, sender)
        if not self.answers:
            raise IndefiniteError("the answer was lost on purpose")
        return event

    async def published(self, channel: str = "guide") -> list[int]:
        return [int(event.payload) for event in await super().log(gateway_channel(channel), None, 100)]


class Post:
    def __init__(self) -> None:
        self.broker, self.clock = LossyPublisher(LIMITS), HeldClock()
        self.clock.freeze()
        self.tasks: list[asyncio.Task[None]] = []
        self.lanes = Lanes(self.broker, RULES, self.clock, self.spawn, BYTES_MAX)

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.get_running_loop().create_task(work()))
        return self.tasks[-1]

    async def publish(self, *payloads: int, channel: str = "guide") -> list[str]:
        return [await self.lanes.publish(channel, "noted", str(payload)) for payload in payloads]

    async def wait(self, seconds: float) -> None:
        await turns()  # who is about to wait, waits by now
        await self.clock.advance(seconds * 1000, turns)

    def state(self, channel: str = "guide") -> tuple[str, int]:
        standing = self.lanes.standing()[channel]
        return standing["state"], standing["waiting"]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    one = Post()
    yield one
    for task in one.tasks:
        task.cancel()
    await asyncio.gather(*one.tasks, return_exceptions=True)


async def test_what_the_broker_takes_is_published_and_no_lane_is_kept(post: Post) -> None:
    assert await post.publish(1, 2, 3) == ["published"] * 3
    assert await post.broker.published() == [1, 2, 3]
    assert post.lanes.standing() == {}


async def test_what_it_cannot_take_waits_and_is_published_in_order_when_it_can(post: Post) -> None:
    post.broker.up = False
    assert await post.publish(1, 2, 3) == ["queued"] * 3
    post.broker.up = True
    assert await post.publish(4) == ["queued"]  # nothing overtakes
    await post.wait(1)
    assert await post.broker.published() == [1, 2, 3, 4]
    assert post.lanes.standing() == {}
    assert await post.publish(5) == ["published"]


async def test_what_waited_is_published_in_the_trace_of_who_said_it(post: Post) -> None:
    post.broker.up = False
    with resumed(TRACEPARENT):
        await post.publish(1)
    await post.publish(2)
    post.broker.up = True
    await post.wait(1)
    events = await post.broker.log(gateway_channel("guide"), None, 100)
    assert [event.trace for event in events] == [TRACEPARENT, ""]


async def test_five_failures_open_the_circuit_and_two_successes_close_it(post: Post) -> None:
    post.broker.up = False
    assert await post.publish(1, 2) == ["queued"] * 2
    for failures in range(2, 6):
        assert post.state() == ("closed", 2)
        await post.wait(1)
        assert (post.state()[0] == "open") == (failures == 5)
    post.broker.up = True
    await post.wait(29)
    assert post.state() == ("open", 2)
    await post.wait(1)
    assert await post.broker.published() == [1, 2]
    assert post.lanes.standing() == {}


async def test_a_half_open_circuit_closes_with_the_next_message(post: Post) -> None:
    post.broker.up = False
    await post.publish(1)
    await post.wait(4)
    assert post.state() == ("open", 1)
    post.broker.up = True
    await post.wait(30)
    assert post.state() == ("half_open", 0)
    assert await post.publish(2) == ["published"]
    assert post.lanes.standing() == {}
    assert await post.broker.published() == [1, 2]


async def test_a_half_open_circuit_opens_again_if_it_does_not_go_through(post: Post) -> None:
    post.broker.up = False
    await post.publish(1)
    await post.wait(4)
    await post.wait(30)
    assert post.state() == ("open", 1)


async def test_a_full_queue_rejects_and_what_was_in_it_is_not_harmed(post: Post) -> None:
    post.broker.up = False
    assert await post.publish(*range(12)) == ["queued"] * 10 + ["rejected"] * 2
    post.broker.up = True
    await post.wait(1)
    await asyncio.gather(*post.tasks)
    assert await post.broker.published() == list(range(10))


async def test_a_lost_answer_is_an_error_and_nothing_is_sent_twice(post: Post) -> None:
    post.broker.answers = False
    assert await post.publish(1) == ["error"]
    post.broker.answers = True
    assert await post.publish(2) == ["published"]
    assert await post.broker.published() == [1, 2]


async def test_an_answer_that_is_lost_while_draining_is_not_asked_for_again(post: Post) -> None:
    post.broker.up = False
    await post.publish(1, 2, 3)
    post.broker.up, post.broker.answers = True, False
    await post.wait(1)
    assert await post.broker.published() == [1]
    await post.wait(2)
    assert await post.broker.published() == [1, 2, 3]
    assert post.state() == ("closed", 0)


async def test_each_channel_has_a_circuit_of_its_own(post: Post) -> None:
    post.broker.up = False
    await post.publish(1)
    await post.wait(4)
    assert post.state() == ("open", 1)
    post.broker.up = True
    assert await post.publish(2, channel="pillar:content") == ["published"]
    assert await post.broker.published("pillar:content") == [2]


async def test_at_once_from_many_all_are_published(post: Post) -> None:
    statuses = await asyncio.gather(*(post.publish(n) for n in range(50)))
    assert statuses == [["published"]] * 50
    assert sorted(await post.broker.published()) == list(range(50))


async def test_there_are_only_so_many_channels_in_trouble_at_a_time(post: Post) -> None:
    post.broker.up = False
    for n in range(LANES_MAX):
        assert await post.publish(n, channel=f"c{n}") == ["queued"]
    assert await post.publish(0, channel="one more") == ["rejected"]
    assert len(post.lanes.standing()) == LANES_MAX
    post.broker.up = True
    await post.wait(1)
    assert post.lanes.standing() == {}
    assert await post.publish(0, channel="one more") == ["published"]


async def test_what_waits_on_all_channels_together_is_bounded_in_bytes(post: Post) -> None:
    post.broker.up = False
    long = "1" * (BYTES_MAX // 4)
    statuses = [await post.lanes.publish(f"c{n}", "noted", long) for n in range(5)]
    assert statuses == ["queued"] * 3 + ["rejected"] * 2
    assert await post.lanes.publish("c0", "noted", long) == "rejected"
    assert await post.publish(1, channel="short") == ["queued"]
    post.broker.up = True
    await post.wait(1)
    assert [each["waiting"] for each in post.lanes.standing().values()] == [0, 0]  # those of the rejected
    post.broker.up = False  # what was published makes room again
    assert await post.lanes.publish("c4", "noted", long) == "queued"


async def test_at_the_end_all_that_waits_is_tried_once_more_whatever_its_circuit_says(post: Post) -> None:
    post.broker.up = False
    await post.publish(1, 2, 3)
    await post.wait(4)
    assert post.state() == ("open", 3)
    post.broker.up = True
    await post.lanes.end(5)
    assert await post.broker.published() == [1, 2, 3]


async def test_what_is_lost_at_the_end_is_told_by_channel(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.broker.up = False
    await post.publish(1, 2)
    await post.publish(3, channel="pillar:content")
    await post.lanes.end(5)
    assert "3 messages are lost with this instance: 'guide' 2, 'pillar:content' 1" in caplog.text
    assert all(task.done() for task in post.tasks)


async def test_a_lane_is_not_evicted_while_it_drains(post: Post) -> None:
    """Its last message has gone, and its task has not ended."""
    post.broker.up = False
    await post.publish(1)
    for n in range(LANES_MAX - 1):
        await post.publish(n, channel=f"c{n}")
    post.broker.up = True
    publish = post.broker.publish
    outcomes: list[asyncio.Future[list[str]]] = []

    async def when_it_has_gone() -> list[str]:
        """Before the lane's task is awake again."""
        post.broker.up = False
        return await post.publish(0, channel="one more")

    async def first(channel: str, name: str, payload: str, sender: str = "") -> Event:
        event = await publish(channel, name, payload, sender)
        if channel == gateway_channel("guide") and not outcomes:
            outcomes.append(asyncio.ensure_future(when_it_has_gone()))
        return event

    post.broker.publish = first  # type: ignore[method-assign]
    await post.wait(1)
    assert await outcomes[0] == ["rejected"]
    post.broker.up = True
    await post.wait(60)
    assert await post.publish(2) == ["published"]
    assert await post.broker.published() == [1, 2]

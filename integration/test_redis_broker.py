"""The Redis broker keeps the contract, and what only Redis can do to it."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis as redis_client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.tcp_relay import TcpRelay
from integration.waiting import until
from server.brokers.base import (
    Broker,
    BrokerLimits,
    BrokerUnavailableError,
    Delivery,
    IndefiniteError,
    LogGoneError,
)
from server.brokers.memory import MemoryBroker
from server.brokers.redis import RedisBroker
from server.core.commit import Mutation
from server.core.events import Position, connection_channel
from server.core.json_text import dumps
from server.core.offline_queue import Waiting
from server.errors import StartupError
from syncbed.world import RedisProcess, World
from tests.brokers.contract import LIMITS, BrokerContract, Ear, Forget, OpenBroker, create, delete, update

TIMEOUT_MS = 5000
Open = Callable[..., Any]


@pytest.fixture
async def brokers(redis_prefix: str) -> AsyncIterator[Callable[..., RedisBroker]]:
    """Makes brokers, closed after the test. Each knows its own epochs: `first-1`, `second-1`, ..."""
    made: list[RedisBroker] = []
    names = iter(["first", "second", "third"])

    def make(url: str, timeout_ms: int = TIMEOUT_MS) -> RedisBroker:
        name, numbers = next(names), itertools.count(1)
        broker = RedisBroker(url, redis_prefix, LIMITS, timeout_ms, lambda: f"{name}-{next(numbers)}")
        made.append(broker)
        return broker

    yield make
    for broker in made:
        await broker.close()


@pytest.fixture
async def opened(brokers: Callable[..., RedisBroker]) -> Open:
    async def open_one(url: str, timeout_ms: int = TIMEOUT_MS) -> tuple[RedisBroker, Ear]:
        broker, ear = brokers(url, timeout_ms), Ear()
        await broker.open(ear)
        return broker, ear

    return open_one


def contents(client: Any) -> dict[bytes, bytes]:
    return {key: client.dump(key) for key in client.keys("*")}


IDLE_S = 86_400


def expire_all(client: Any, prefix: str) -> None:
    """What expires is gone at once; all of it does so within a day of its last use."""
    for key in client.keys(f"{prefix}:*"):
        ttl_s = client.ttl(key)
        if ttl_s >= 0:
            assert IDLE_S - 60 < ttl_s <= IDLE_S, key
            client.delete(key)


class TestRedisBroker(BrokerContract):
    @pytest.fixture
    def open_broker(self, opened: Open, redis_url: str) -> OpenBroker:
        return lambda: opened(redis_url)

    @pytest.fixture
    def forget(self, redis_url: str, redis_prefix: str) -> Forget:
        async def expire(broker: Broker) -> None:
            expire_all(redis_client.Redis.from_url(redis_url), redis_prefix)

        return expire


async def test_what_another_instance_has_handed_out_is_not_delivered_again(
    opened: Open, redis_url: str
) -> None:
    (here, heard_here), (there, heard_there) = await opened(redis_url), await opened(redis_url)
    message = Waiting("notification", "1", "", False, 0)
    await there.join("bob")
    assert await here.deliver("bob", message, again=True) == Delivery(0, 0)
    await here.join("bob")
    assert await here.deliver("bob", message, again=True) == Delivery(0, 0)
    assert await here.deliver("bob", message) == Delivery(1, 0)
    for ear in (heard_here, heard_there):
        assert [event.position.offset for event in await ear.next()] == [1]


# Lua and Python decide the same

IDS = st.sampled_from(["a", "b", "ü\ud83d"])
FIELDS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["n", "m", ""]), st.sampled_from([[], {}, None, 2**60, 0.1, "\ud800"]), max_size=3
)
VERSIONS = st.none() | st.integers(1, 4)
CLIENTS = st.sampled_from([(None, None), ("tab", 1), ("tab", 2), ("tab", 3), ("other", 9), ("other", 8)])
REFUSALS = st.sampled_from([None, None, None, ("refused", {"message": "no", "field": None})])


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    client_id, mutation_id = draw(CLIENTS)
    refusal = draw(REFUSALS) if mutation_id is not None else None
    op = "refuse" if refusal else draw(st.sampled_from(["create", "create", "update", "update", "delete"]))
    fields = draw(FIELDS) if op in ("create", "update") else {}
    if_match = draw(VERSIONS) if op in ("update", "delete") else None
    return Mutation(op, draw(IDS), fields, if_match, client_id, mutation_id, refusal)  # type: ignore[arg-type]


def test_lua_and_python_decide_the_same(redis_url: str, redis_prefix: str) -> None:
    limits = BrokerLimits(history_events_max=4, mutations_remembered_max=2, mutations_remembered_s=60)
    collections = (f"things-{n}" for n in itertools.count())

    async def run(broker: MemoryBroker | RedisBroker, name: str, written: list[Mutation]) -> list[Any]:
        seen: list[Any] = []
        for mutation in written:
            outcome = await broker.commit(name, mutation)
            seen.append((outcome.result, dumps(outcome.body), outcome.repeated))
        snapshot = await broker.read(name)
        seen.append((dumps(snapshot.items), snapshot.position.offset))
        for start in range(len(written) + 1):
            after = Position(snapshot.position.epoch, start)
            try:
                rows = await broker.log(name, after, 3)
                seen.append([(row.position.offset, row.name, row.payload, row.commit) for row in rows])
            except LogGoneError as gone:
                seen.append(("gone", gone.position.offset))
        return seen

    with asyncio.Runner() as runner:
        broker = RedisBroker(redis_url, redis_prefix, limits, 5000, lambda: "e1")
        runner.run(broker.open(Ear()))

        @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(mutations(), max_size=12))
        def check(written: list[Mutation]) -> None:
            name = next(collections)
            memory = MemoryBroker(limits, "e1")
            assert runner.run(run(broker, name, written)) == runner.run(run(memory, name, written))

        check()
        runner.run(broker.close())


# epochs


@pytest.mark.parametrize("append_only", [True, False])
async def test_a_restart_of_redis_starts_a_new_epoch_and_keeps_what_its_log_kept(
    world: World, opened: Open, append_only: bool
) -> None:
    redis = world.redis(append_only=append_only)
    broker, ear = await opened(redis.url)
    assert await ear.life() == "connected"
    await broker.join("orders")
    await broker.commit("orders", create("a", "tab", 1, n=1))
    before = await broker.position("orders")
    await asyncio.to_thread(redis.restart)
    assert [await ear.life(), await ear.life()] == ["disconnected", "connected"]

    assert (await broker.position("orders")).epoch != before.epoch
    with pytest.raises(LogGoneError) as gone:
        await broker.log("orders", before, 10)
    assert gone.value.position.offset == 0
    items = [{"id": "a", "version": 1, "n": 1}] if append_only else []
    assert (await broker.read("orders")).items == items
    repeat = await broker.commit("orders", create("a", "tab", 1, n=1))
    assert repeat.repeated is append_only
    event = await broker.publish("orders", "noted", "1")
    assert event.position.offset == (1 if append_only else 2)


@pytest.mark.parametrize("first_call", ["position", "read", "log", "commit", "publish"])
async def test_whoever_comes_first_after_a_restart_starts_the_epoch(
    world: World, opened: Open, first_call: str
) -> None:
    redis = world.redis(append_only=True)
    broker, ear = await opened(redis.url)
    await broker.commit("orders", create("a"))
    old = await broker.position("orders")
    await asyncio.to_thread(redis.restart)
    for _ in range(3):
        await ear.life()
    match first_call:
        case "position":
            await broker.position("orders")
        case "read":
            assert (await broker.read("orders")).position.epoch != old.epoch
        case "log":
            assert await broker.log("orders", None, 10) == []
        case "commit":
            await broker.commit("orders", update("a"))
        case "publish":
            assert (await broker.publish("orders", "noted", "1")).position.epoch != old.epoch
    new = await broker.position("orders")
    assert new.epoch != old.epoch
    assert new.offset == (1 if first_call in ("commit", "publish") else 0)


async def test_a_restart_that_meets_a_refusal_first_still_starts_the_epoch(
    world: World, opened: Open
) -> None:
    redis = world.redis(append_only=True)
    broker, ear = await opened(redis.url)
    await broker.commit("orders", create("a"))
    old = await broker.position("orders")
    await asyncio.to_thread(redis.restart)
    for _ in range(3):
        await ear.life()
    assert (await broker.commit("orders", create("a"))).result == "id_taken"
    here = await broker.position("orders")
    assert here == Position("first-3", 0), "the third call, the refusal, has named the epoch"
    assert here.epoch != old.epoch


async def test_emptying_redis_starts_a_new_epoch(world: World, opened: Open) -> None:
    redis = world.redis()
    broker, _ = await opened(redis.url)
    event = await broker.publish("orders", "noted", "1")
    redis_client.Redis.from_url(redis.url).flushall()
    position = await broker.position("orders")
    assert position.epoch != event.position.epoch
    assert position.offset == 0
    again = await broker.publish("orders", "noted", "1")
    assert (again.position.epoch, again.position.offset) == (position.epoch, 1)


async def test_two_brokers_on_one_redis_are_one_world(opened: Open, redis_url: str) -> None:
    first, heard_first = await opened(redis_url)
    second, heard_second = await opened(redis_url)
    await first.join("orders")
    await second.join("orders")
    await asyncio.gather(
        *(broker.publish("orders", "noted", str(n)) for n, broker in enumerate([first, second] * 10))
    )
    events = await heard_first.next(20)
    assert events == await heard_second.next(20)
    assert [event.position.offset for event in events] == list(range(1, 21))
    assert await second.log("orders", None, 20) == events
    await first.commit("orders", create("a", "tab", 1))
    assert (await second.commit("orders", create("a", "tab", 1))).repeated


# start-up


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl", "allkeys-random"])
async def test_a_redis_that_may_evict_is_refused_at_start(
    world: World, brokers: Callable[[str], RedisBroker], policy: str
) -> None:
    redis = world.redis()
    redis_client.Redis.from_url(redis.url).config_set("maxmemory-policy", policy)
    with pytest.raises(StartupError, match=f"maxmemory-policy {policy}.*set it to noeviction"):
        await brokers(redis.url).open(Ear())


async def test_a_redis_that_is_not_there_is_said_in_one_line_without_its_password(
    brokers: Callable[[str], RedisBroker],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        url = f"redis://me:secret@127.0.0.1:{taken.getsockname()[1]}/0"
        with pytest.raises(StartupError, match=r"cannot reach Redis at redis://me:\*\*\*@127") as refused:
            await brokers(url).open(Ear())
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_wrong_password_is_said_in_one_line_and_not_shown(
    world: World, brokers: Callable[[str], RedisBroker]
) -> None:
    redis = world.redis()
    redis_client.Redis.from_url(redis.url).config_set("requirepass", "right")
    with pytest.raises(StartupError, match="cannot reach Redis") as refused:
        await brokers(redis.url.replace("redis://", "redis://:secret@")).open(Ear())
    assert "secret" not in str(refused.value)


async def test_a_redis_that_hides_its_configuration_is_used_and_said_to_be_unknown(
    world: World, opened: Open
) -> None:
    redis = world.redis()
    admin = redis_client.Redis.from_url(redis.url)
    admin.acl_setuser("default", enabled=True, commands=["-config"])
    broker, _ = await opened(redis.url)
    assert broker.survives().startswith("unknown")
    assert (await broker.commit("orders", create("a"))).result == "created"


# atomic, or nothing


@pytest.mark.parametrize("part", ["meta", "log", "items", "seen:tab"])
@pytest.mark.parametrize("first", [True, False])
async def test_a_key_of_the_wrong_type_fails_the_commit_before_its_first_write(
    world: World, opened: Open, redis_prefix: str, part: str, first: bool
) -> None:
    redis = world.redis()
    client = redis_client.Redis.from_url(redis.url)
    broker, _ = await opened(redis.url)
    if not first:
        await broker.commit("orders", create("a", "tab", 1))
    client.delete(f"{redis_prefix}:{{orders}}:{part}")
    client.rpush(f"{redis_prefix}:{{orders}}:{part}", "not ours")
    before = contents(client)
    with pytest.raises(BrokerUnavailableError, match="WRONGTYPE"):
        await broker.commit("orders", create("b", "tab", 2))
    assert contents(client) == before


async def test_signals_leave_no_key_and_are_counted_by_who_hears_them(
    opened: Open, redis_url: str, redis_prefix: str
) -> None:
    (first, first_ear), (second, second_ear) = await opened(redis_url), await opened(redis_url)
    channel = connection_channel("c1")
    for count, broker in enumerate((first, second), start=1):
        await broker.join(channel)
        assert await first.signal(channel, "asked", str(count)) == count
    assert [event.payload for event in await first_ear.next(2)] == ["1", "2"]
    assert [event.payload for event in await second_ear.next()] == ["2"]
    with redis_client.Redis.from_url(redis_url) as caller:
        assert list(caller.scan_iter(f"{redis_prefix}:*")) == []


async def test_a_redis_that_is_full_refuses_the_write_and_keeps_nothing_of_it(
    world: World, opened: Open
) -> None:
    redis = world.redis()
    client = redis_client.Redis.from_url(redis.url)
    broker, _ = await opened(redis.url)
    await broker.commit("orders", create("a", "tab", 1))
    before = contents(client)
    client.config_set("maxmemory", 1)
    with pytest.raises(BrokerUnavailableError, match="maxmemory"):
        await broker.commit("orders", create("b", "tab", 2))
    client.config_set("maxmemory", 0)
    assert contents(client) == before
    assert (await broker.commit("orders", create("b", "tab", 2))).repeated is False


class ClusterProcess(RedisProcess):
    """A cluster of one node: it refuses a script whose keys do not share a slot."""

    def command(self) -> list[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            bus_port = probe.getsockname()[1]
        return [*super().command(), "--cluster-enabled", "yes", "--cluster-port", str(bus_port)]


async def test_all_keys_of_a_channel_share_one_slot_of_a_cluster(opened: Open) -> None:
    with ClusterProcess() as redis:
        client: Any = redis_client.Redis.from_url(redis.url)
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        await until(lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"))
        broker, _ = await opened(redis.url)
        for channel in ("orders", "{", "}{", "{a}b", "ü"):
            assert (await broker.commit(channel, create("a", "}{tab", 1))).result == "created"
            await broker.commit(channel, delete("a"))
            assert len((await broker.read(channel)).items) == 0
            assert len(await broker.log(channel, None, 10)) == 2
        keys = client.keys("*")
        slots = {client.execute_command("CLUSTER", "KEYSLOT", key) for key in keys}
        assert (len(keys), len(slots)) == (5 * 3, 5)


@pytest.mark.parametrize("use", ["asked about", "said", "read", "heard of"])
async def test_a_channel_that_is_about_to_expire_lives_on_for_a_day_if_it_is_used(
    redis_url: str, redis_prefix: str, opened: Open, use: str
) -> None:
    broker, _ = await opened(redis_url)
    client = redis_client.Redis.from_url(redis_url)
    meta, log = (f"{redis_prefix}:{{orders}}:{part}" for part in ("meta", "log"))
    first = await broker.publish("orders", "noted", "1")
    for key in (meta, log):
        client.expire(key, 100)
    match use:
        case "asked about":
            await broker.position("orders")
        case "said":
            await broker.publish("orders", "noted", "2")
        case "read":
            await broker.log("orders", first.position, 10)
        case "heard of":
            await broker.join("orders")
    assert all(IDLE_S - 60 < client.ttl(key) <= IDLE_S for key in (meta, log))


async def test_what_is_remembered_of_a_client_expires(
    redis_url: str, redis_prefix: str, opened: Open
) -> None:
    broker, _ = await opened(redis_url)
    await broker.commit("orders", create("a", "tab", 1))
    client = redis_client.Redis.from_url(redis_url)
    assert 0 < client.ttl(f"{redis_prefix}:{{orders}}:seen:tab") <= LIMITS.mutations_remembered_s


# failures


async def test_an_answer_that_was_lost_is_indefinite_and_a_repeat_tells(redis_url: str, opened: Open) -> None:
    async with TcpRelay(redis_url) as relay:
        broker, _ = await opened(relay.url)
        await broker.commit("orders", create("a"))
        relay.lose_answer_to(b"the-lost-one")
        mutation = create("the-lost-one", "tab", 1)
        with pytest.raises(IndefiniteError):
            await broker.commit("orders", mutation)
        assert relay.lost == 1
        assert (await broker.commit("orders", mutation)).repeated, "it had happened"
        assert (await broker.read("orders")).position.offset == 2


async def test_a_publish_whose_answer_was_lost_is_indefinite_and_a_read_is_not(
    redis_url: str, opened: Open
) -> None:
    async with TcpRelay(redis_url) as relay:
        broker, _ = await opened(relay.url)
        await broker.publish("orders", "noted", "1")
        relay.lose_answer_to(b"the-lost-one")
        with pytest.raises(IndefiniteError):
            await broker.publish("orders", "noted", '"the-lost-one"')
        await broker.read("lost-read")
        relay.lose_answer_to(b"lost-read")
        with pytest.raises(BrokerUnavailableError):
            await broker.read("lost-read")
        assert relay.lost == 2


@pytest.mark.parametrize(
    "refusal", [b"-LOADING Redis is loading\r\n", b"-READONLY no writes\r\n", b"-NOREPLICAS too few\r\n"]
)
async def test_a_redis_that_refuses_for_now_has_certainly_written_nothing(
    redis_url: str, opened: Open, refusal: bytes
) -> None:
    async with TcpRelay(redis_url) as relay:
        broker, _ = await opened(relay.url)
        await broker.commit("orders", create("a", "tab", 1))
        relay.answer_instead(b"the-refused-one", refusal)
        with pytest.raises(BrokerUnavailableError):
            await broker.commit("orders", create("the-refused-one", "tab", 2))
        assert not (await broker.commit("orders", create("the-refused-one", "tab", 2))).repeated


async def test_a_script_that_fails_on_its_way_may_have_written(redis_url: str, opened: Open) -> None:
    async with TcpRelay(redis_url) as relay:
        broker, _ = await opened(relay.url)
        relay.answer_instead(b"the-failing-one", b"-ERR user_script:7: attempt to index nil\r\n")
        with pytest.raises(IndefiniteError, match=r"'commit\.lua' failed on its way"):
            await broker.commit("orders", create("the-failing-one", "tab", 1))


async def test_a_redis_that_is_gone_has_certainly_written_nothing_and_is_used_again_when_it_is_back(
    world: World, opened: Open
) -> None:
    redis = world.redis(append_only=True)
    broker, ear = await opened(redis.url)
    await broker.commit("orders", create("a"))
    redis.kill()
    calls: list[Callable[[], Any]] = [
        lambda: broker.commit("orders", create("b")),
        lambda: broker.publish("orders", "noted", "1"),
        lambda: broker.read("orders"),
        lambda: broker.log("orders", None, 10),
        lambda: broker.position("orders"),
        lambda: broker.join("orders"),
    ]
    assert [await ear.life(), await ear.life()] == ["connected", "disconnected"]
    for call in calls:
        with pytest.raises(BrokerUnavailableError):
            await call()
    await asyncio.to_thread(redis.start)
    assert await ear.life() == "connected"
    assert len((await broker.read("orders")).items) == 1
    await broker.join("orders")
    await broker.publish("orders", "noted", "1")
    assert [event.payload for event in await ear.next()] == ["1"]


async def test_a_redis_that_does_not_answer_in_time_leaves_a_write_indefinite(
    world: World, opened: Open
) -> None:
    redis = world.redis()
    broker, _ = await opened(redis.url, timeout_ms=300)
    await broker.commit("orders", create("a"))
    redis.suspend()
    try:
        with pytest.raises(IndefiniteError):
            await broker.commit("orders", create("b", "tab", 1))
        with pytest.raises(BrokerUnavailableError):
            await broker.read("orders")
    finally:
        redis.resume()
    await broker.commit("orders", create("b", "tab", 1))
    assert [item["id"] for item in (await broker.read("orders")).items] == ["a", "b"]


async def test_a_call_that_is_given_up_spoils_no_other_one(redis_url: str, opened: Open) -> None:
    broker, _ = await opened(redis_url)
    await broker.commit("orders", create("a"))
    for n in range(40):
        reading = asyncio.create_task(broker.read("orders"))
        await asyncio.sleep(0)
        if n % 2:
            await asyncio.sleep(0)
        reading.cancel()
    for n in range(40):
        assert (await broker.publish("orders", "noted", str(n))).payload == str(n)


async def test_the_ear_comes_back_after_its_connection_was_killed(world: World, opened: Open) -> None:
    redis = world.redis()
    broker, ear = await opened(redis.url)
    await broker.join("orders")
    client = redis_client.Redis.from_url(redis.url)
    client.client_kill_filter(_type="pubsub")
    assert [await ear.life() for _ in range(3)] == ["connected", "disconnected", "connected"]
    await broker.join("orders")
    await broker.publish("orders", "noted", "1")
    assert [event.payload for event in await ear.next()] == ["1"]


@pytest.mark.parametrize("garbage", [b"", b"x", b"\xff\xfe", b"e\nx\n0\n1\n2", b"e\n1\n0\n{\n2"])
async def test_what_no_instance_of_ours_has_sent_is_ignored(
    redis_url: str, redis_prefix: str, opened: Open, garbage: bytes
) -> None:
    broker, ear = await opened(redis_url)
    await broker.join("orders")
    client = redis_client.Redis.from_url(redis_url)
    [topic] = client.pubsub_channels(f"{redis_prefix}*")
    assert client.publish(topic, garbage) == 1
    await broker.publish("orders", "noted", "1")
    assert [event.payload for event in await ear.next()] == ["1"]


async def test_a_join_that_meets_a_dying_connection_fails_as_unavailable_and_as_nothing_else(
    world: World, opened: Open
) -> None:
    redis = world.redis()
    broker, ear = await opened(redis.url)
    client = redis_client.Redis.from_url(redis.url)
    assert await ear.life() == "connected"
    results: list[Any] = []
    for turn in range(12):
        await broker.join("known")  # only what is subscribed to something can be found and killed
        client.client_kill_filter(_type="pubsub")
        joining = []
        for n in range(12):  # one in each turn of the event loop: one of them meets the very moment
            joining.append(asyncio.create_task(broker.join(f"channel-{turn}-{n}")))
            await asyncio.sleep(0)
        results += await asyncio.gather(*joining, return_exceptions=True)
        assert [await ear.life(), await ear.life()] == ["disconnected", "connected"]
    strange = [r for r in results if not isinstance(r, Position | BrokerUnavailableError)]
    assert strange == []
    assert any(isinstance(r, BrokerUnavailableError) for r in results), "no join met a dying connection"

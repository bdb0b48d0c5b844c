"""A real wire in front of real sockets, for one test."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from integration.wire.raw import RawUpstream, Rig, StartWire
from syncbed.wire import Upstream, Wire, WireSettings

LoopFactories = dict[str, Callable[[], asyncio.AbstractEventLoop]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> LoopFactories:
    """Both loops: a driver runs the wire on asyncio, the command on uvloop. They end sockets differently."""
    loops: LoopFactories = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    if item.path.name == "test_control.py":  # its wire is a process with a loop of its own
        del loops["uvloop"]
    return loops


@pytest.fixture
async def upstream() -> AsyncIterator[RawUpstream]:
    server = RawUpstream()
    await server.start()
    yield server
    server.stop()


@pytest.fixture
async def start_wire() -> AsyncIterator[StartWire]:
    """Starts wires; each is stopped after the test, and a task that failed fails the test."""
    rigs: list[Rig] = []
    failures: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))

    async def start(
        *ports: int,
        profiles: tuple[str, ...] = ("alice", "bob"),
        rewrite_host: bool = False,
        **settings: object,
    ) -> Rig:
        names = ("main", "other", "third")
        upstreams = tuple(
            Upstream(name, "127.0.0.1", port, rewrite_host=rewrite_host)
            for name, port in zip(names, ports, strict=False)
        )
        rig = Rig(Wire(WireSettings(upstreams, dict.fromkeys(profiles, 0), **settings)))  # type: ignore[arg-type]
        rig.wire.add_sink(rig.records.append)
        rigs.append(rig)
        await rig.wire.start()
        return rig

    yield start
    for rig in rigs:
        await rig.wire.stop()
        for client in rig.clients:
            client.abort()
    assert not failures, failures


@pytest.fixture
async def rig(start_wire: StartWire, upstream: RawUpstream) -> Rig:
    return await start_wire(upstream.port)

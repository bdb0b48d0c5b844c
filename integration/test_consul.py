"""Registration with a Consul agent: made, kept, taken out; never in the way of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from integration.client import connect, health
from integration.consul.agents import AGENTS, ConsulAgent, StandIn
from integration.waiting import until
from syncbed.world import ReferenceProcess, World, WorldError


@pytest.fixture(params=AGENTS, ids=lambda agent: agent.__name__)
def agent(request: pytest.FixtureRequest) -> Iterator[ConsulAgent]:
    with request.param() as running:
        yield running


@pytest.fixture
def lines() -> list[str]:
    """What the servers of this test print."""
    return []


@pytest.fixture
def world(lines: list[str]) -> Iterator[World]:
    with World(on_line=lines.append) as world:
        yield world


def registered(world: World, agent: ConsulAgent, **settings: Any) -> ReferenceProcess:
    return world.reference(consul_url=agent.url, consul_check_s=0.2, **settings)


async def known(agent: ConsulAgent, running: ReferenceProcess) -> dict[str, Any]:
    """What the agent says of this server, once it says something."""
    await agent.serves()
    id_ = f"websocket-gateway-127.0.0.1-{running.port}"

    async def there() -> bool:
        return id_ in await agent.ask("services")

    await until(there)
    found: dict[str, Any] = (await agent.ask("services"))[id_]
    return found


async def becomes(agent: ConsulAgent, running: ReferenceProcess, status: str) -> None:
    check = f"service:websocket-gateway-127.0.0.1-{running.port}"

    async def is_so() -> bool:
        checks = await agent.ask("checks")
        return check in checks and checks[check]["Status"] == status

    await until(is_so)


async def test_a_server_is_known_by_address_tags_and_capabilities(world: World, agent: ConsulAgent) -> None:
    running = registered(world, agent)
    found = await known(agent, running)
    assert (found["Service"], found["Address"], found["Port"]) == (
        "websocket-gateway",
        "127.0.0.1",
        running.port,
    )
    assert found["Tags"] == ["websocket", "gateway", "post_office", "smart_city", "real-time"]
    assert found["Meta"] == {
        "service_type": "websocket_gateway",
        "capabilities": "websocket_connection,channel_routing,message_fanout",
        "endpoints": "/ws/gateway",
        "health": "/health/websocket-gateway",
    }


async def test_its_check_passes_while_it_lives_and_fails_once_it_is_killed(
    world: World, agent: ConsulAgent
) -> None:
    running = registered(world, agent)
    await becomes(agent, running, "passing")
    running.kill()
    await becomes(agent, running, "critical")


async def test_it_is_taken_out_before_its_clients_are_told_to_go(world: World, agent: ConsulAgent) -> None:
    running = registered(world, agent)
    await known(agent, running)
    async with connect(running.address, "/ws/rooms") as client:
        stopping = asyncio.create_task(asyncio.to_thread(running.stop))
        assert (await client.next())["type"] == "connected"
        assert (await client.next())["error"] == "connection closed"
        assert await agent.ask("services") == {}
        assert (await client.closed())[0] == 1001
        assert await stopping == 0


async def test_an_agent_that_comes_up_later_is_one_line_in_the_log_and_learns_of_the_server(
    world: World, agent: ConsulAgent, lines: list[str]
) -> None:
    agent.kill()
    running = registered(world, agent)
    await until(lambda: any("serves without it" in line for line in lines))
    assert (await health(running.address))["status"] == "ok"
    agent.start()
    await becomes(agent, running, "passing")
    assert sum("syncbed.consul" in line and "serves without it" in line for line in lines) == 1
    assert any(f"Consul at {agent.url} answers again" in line for line in lines)


async def test_an_agent_that_has_forgotten_everything_learns_of_the_server_again(
    world: World, agent: ConsulAgent
) -> None:
    running = registered(world, agent)
    await becomes(agent, running, "passing")
    agent.kill()
    agent.start()
    await becomes(agent, running, "passing")


async def test_two_instances_are_two_entries_of_one_service(world: World, agent: ConsulAgent) -> None:
    both = [registered(world, agent), registered(world, agent)]
    found = [await known(agent, running) for running in both]
    assert {entry["Service"] for entry in found} == {"websocket-gateway"}
    assert len(await agent.ask("services")) == 2


async def test_the_end_does_not_wait_for_an_agent_that_is_gone(
    world: World, agent: ConsulAgent, lines: list[str]
) -> None:
    running = registered(world, agent)
    await known(agent, running)
    agent.kill()
    assert running.stop() == 0
    assert any("could not be taken out of Consul" in line for line in lines)


async def test_a_name_that_consul_is_told_is_one_that_the_server_answers_to(
    world: World, agent: ConsulAgent
) -> None:
    running = registered(world, agent, consul_address="localhost", consul_service="orders-gateway")
    await agent.serves()
    check = f"service:orders-gateway-localhost-{running.port}"

    async def passes() -> bool:
        checks = await agent.ask("checks")
        return check in checks and checks[check]["Status"] == "passing"

    await until(passes)


async def test_the_token_goes_with_every_call_and_a_refusal_is_said(world: World, lines: list[str]) -> None:
    with StandIn(token="secret-of-the-acl") as agent:
        registered(world, agent, consul_service="stranger")
        await until(lambda: any("403 Permission denied" in line for line in lines))
        await known(agent, registered(world, agent, consul_token="secret-of-the-acl"))
    assert not any("secret-of-the-acl" in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"consul_url": "127.0.0.1:8500"}, "SYNCBED_CONSUL_URL: String should match pattern"),
        ({"consul_url": "http://127.0.0.1:8500", "host": "0.0.0.0"}, "consul_address must say"),
        ({"consul_service": "a b"}, "SYNCBED_CONSUL_SERVICE: String should match pattern"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(
    world: World, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(WorldError) as refused:
        world.reference(**settings)
    assert refused.value.exit_code == 2
    assert says in refused.value.output

"""A page in Chromium talks to the gateway with a plain WebSocket: two tabs, an agent, a directed message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from e2e.conftest import Profile
from syncbed.world import ReferenceProcess, World

OPEN = """async ([token, address]) => {
    window.heard = [];
    window.ended = undefined;
    window.socket = new WebSocket(`${address ?? `ws://${location.host}`}/ws/gateway?session_token=${token}`);
    socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
        else heard.push(frame);
    };
    socket.onclose = ({ code }) => { window.ended = code; };
}"""
SAY = """([channel, text]) => socket.send(JSON.stringify({
    channel, intent: 'chat', payload: { message: text, conversation_id: 'c1' },
}))"""
HEAR = "(count) => heard.length >= count"
STANDS = """async ([channel, id]) => {
    const answer = await fetch(`/test/websocket-gateway/channel/${channel}/connections`);
    return JSON.stringify((await answer.json()).connections).includes(id);
}"""


def heard(tab: Page, count: int) -> list[dict[str, object]]:
    tab.wait_for_function(HEAR, arg=count)
    frames: list[dict[str, object]] = tab.evaluate("() => heard.splice(0)")
    assert len(frames) == count, frames
    return frames


@pytest.fixture
def instances(world: World, redis_url: str, redis_prefix: str) -> tuple[ReferenceProcess, ReferenceProcess]:
    settings = {"redis_url": redis_url, "redis_prefix": redis_prefix}
    agents = '["integration.application.agents"]'
    return world.reference(handlers=agents, **settings), world.reference(**settings)


def open_tab(profile: Profile, instance: ReferenceProcess, token: str) -> tuple[Page, str]:
    tab = profile.open_tab(f"{instance.url}/health")
    tab.evaluate(OPEN, [token, None])
    [welcome] = heard(tab, 1)
    assert welcome["type"] == "system"
    return tab, str(welcome["connection_id"])


def test_two_tabs_on_two_instances_talk_to_each_other_and_to_an_agent(
    new_profile: Callable[..., Profile], instances: tuple[ReferenceProcess, ReferenceProcess]
) -> None:
    first, second = instances
    here, here_id = open_tab(new_profile(), first, "alice")
    there, there_id = open_tab(new_profile(), second, "bob")
    assert here_id.startswith("ws_alice_")

    here.evaluate(SAY, ["guide", "hello"])
    [response] = heard(here, 1)
    assert (response["type"], response["message"]) == ("response", "You said: hello")
    [frame] = heard(there, 1)
    assert (frame["connection_id"], frame["channel"]) == (here_id, "guide")

    here.evaluate(SAY, ["pillar:content", "here"])
    here.wait_for_function(STANDS, arg=["pillar:content", here_id])
    there.evaluate(SAY, ["pillar:content", "here"])
    heard(here, 1)  # what the other one said, who came second
    there.evaluate(SAY, ["pillar:content", "from there"])
    [frame] = heard(here, 1)
    assert (frame["connection_id"], frame["channel"]) == (there_id, "pillar:content")

    status = here.evaluate(
        """async (id) => (await fetch('/api/post-office/websocket/send', { method: 'POST',
            body: JSON.stringify({ connection_id: id, message: { type: 'response', message: 'you alone' } }),
        })).status""",
        there_id,
    )
    assert status == 200
    assert heard(there, 1) == [{"type": "response", "message": "you alone"}]

    here.evaluate("() => socket.send('not json')")
    [error] = heard(here, 1)
    assert (error["type"], error["message"]) == ("error", "Invalid message format")


def test_a_page_of_another_origin_and_a_sixth_tab_hear_why_they_may_not(
    new_profile: Callable[..., Profile], instances: tuple[ReferenceProcess, ReferenceProcess], world: World
) -> None:
    first, second = instances
    profile = new_profile()
    for n in range(5):
        open_tab(profile, instances[n % 2], "alice")
    late = profile.open_tab(f"{first.url}/health")
    late.evaluate(OPEN, ["alice", None])
    late.wait_for_function("() => ended !== undefined")
    assert late.evaluate("() => ended") == 4004

    plain = world.reference(test_mode=False)  # in test mode any page of this machine is welcome
    strange = new_profile().open_tab(f"{second.url}/health")
    strange.evaluate(OPEN, ["alice", plain.ws_url])
    strange.wait_for_function("() => ended !== undefined")
    assert strange.evaluate("() => ended") == 4003

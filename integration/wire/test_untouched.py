"""Whatever rules are in force, what they do not mean passes byte for byte, in order.

Hypothesis draws rules that all mean alice and lets them come and go while bob, and alice's tab 2,
work. Alice's own traffic may suffer anything; it must be accounted for.
"""

import asyncio
from collections.abc import Callable, Coroutine

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.wire.raw import (
    BINARY,
    HANDSHAKE,
    TEXT,
    RawSocket,
    RawUpstream,
    Rig,
    answer,
    open_websocket,
    request,
)
from syncbed.wire import Upstream, Wire, WireSettings

FAULTS = st.one_of(
    st.sampled_from(["before", "after"]).map(lambda when: {"kind": "cut", "when": when}),
    st.just({"kind": "close", "code": 4000}),
    st.just({"kind": "half_open"}),
    st.just({"kind": "stall"}),
    st.integers(0, 3).map(lambda ms: {"kind": "delay", "delay_ms": ms}),
    st.just({"kind": "throttle", "bytes_per_second": 1_000_000}),
    st.just({"kind": "answer_lost"}),
    st.just({"kind": "duplicate_request"}),
    st.just({"kind": "http_status"}),
    st.sampled_from(["drop", "duplicate", "reorder"]).map(
        lambda kind: {"kind": kind, "tcp_impossible": True, **({"wait_ms": 1} if kind == "reorder" else {})}
    ),
)
RULES = st.lists(
    st.builds(
        lambda fault, limit, chance: {
            "match": {"profile": "alice", "tab": "1"},
            "limit": limit,
            "chance": chance,
            "fault": fault,
        },
        FAULTS,
        st.one_of(st.none(), st.integers(1, 3)),
        st.sampled_from([1.0, 0.5]),
    ),
    max_size=4,
)
MESSAGES = st.lists(
    st.one_of(
        st.text(max_size=200).map(lambda text: (TEXT, text.encode())),
        st.binary(max_size=200).map(lambda data: (BINARY, data)),
        st.just((TEXT, b'{"mutation_id":7}')),
    ),
    min_size=1,
    max_size=8,
)
BODIES = st.lists(st.binary(max_size=300), min_size=1, max_size=3)


def test_any_sequence_of_rules_leaves_untouched_connections_byte_identical() -> None:
    examined: list[int] = []

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(RULES, min_size=1, max_size=3), MESSAGES, BODIES)
    def hold(rule_sets: list[list[object]], messages: list[tuple[int, bytes]], bodies: list[bytes]) -> None:
        examined.append(
            asyncio.run(in_a_rig(lambda rig, upstream: untouched(rig, upstream, rule_sets, messages, bodies)))
        )

    hold()
    assert sum(examined) > 0, "no rule ever acted: nothing was shown"


async def in_a_rig(play: Callable[[Rig, RawUpstream], Coroutine[object, object, None]]) -> int:
    """Play in a rig of its own; how often a rule acted."""
    upstream = RawUpstream()
    await upstream.start()
    rig = Rig(Wire(WireSettings((Upstream("main", "127.0.0.1", upstream.port),), {"alice": 0, "bob": 0})))
    rig.wire.add_sink(rig.records.append)
    await rig.wire.start()
    try:
        await play(rig, upstream)
    finally:
        await rig.wire.stop()
        for client in rig.clients:
            client.abort()
        upstream.stop()
    rig.conserved()
    return len(rig.events("rule_acted"))


async def untouched(
    rig: Rig,
    upstream: RawUpstream,
    rule_sets: list[list[object]],
    messages: list[tuple[int, bytes]],
    bodies: list[bytes],
) -> None:
    bob = await open_websocket(rig, upstream, "bob")
    second = await open_websocket(rig, upstream, handshake=HANDSHAKE.replace(b"__tab=1", b"__tab=2"))
    suffering = await open_websocket(rig, upstream)
    for rules in rule_sets:
        await rig.wire.add_rules(rules)
        for opcode, payload in messages:
            suffering[0].send_frame(opcode, payload, mask=True)
            suffering[1].send_frame(opcode, payload, mask=False)
            for browser, server in (bob, second):
                browser.send_frame(opcode, payload, mask=True)
                server.send_frame(opcode, payload, mask=False)
        for opcode, payload in messages:
            for browser, server in (bob, second):
                assert await server.frame() == (0x80 | opcode, payload)
                assert await browser.frame() == (0x80 | opcode, payload)
        for body in bodies:
            await passes_unchanged(rig, upstream, body)
        await rig.wire.heal()


async def passes_unchanged(rig: Rig, upstream: RawUpstream, body: bytes) -> None:
    sent = request("POST", "/api?x=%20", body, "X-Odd-CASE: kept")
    browser: RawSocket = await rig.client("bob")
    browser.send(sent)
    server = await upstream.accepted()
    assert await server.exactly(len(sent)) == sent
    server.send(answer(body, "200 Fine", "X-Odd-CASE: kept", "Connection: close"))
    server.close()
    wanted = (
        f"HTTP/1.1 200 Fine\r\nX-Odd-CASE: kept\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    assert await browser.rest() == wanted.encode() + body

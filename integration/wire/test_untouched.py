"""Whatever rules are in force, what they do not mean passes byte for byte, in order.

Hypothesis draws rules that all mean alice's tabs 1 and 3, and lets them come and go one by one, in free
and in held mode, while bob, and alice's tab 2, work. What is meant may suffer anything; it must be
accounted for.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from integration.wire.raw import (
    ACCEPT,
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
from syncbed.wire.faults import FAULTS as EVERY_FAULT
from syncbed.wire.gate import VERDICTS

Json = dict[str, Any]
SIDES = st.sampled_from(["both", "browser", "upstream"])
STRIKING = st.one_of(
    st.builds(
        lambda when, side: {"kind": "cut", "when": when, "side": side},
        st.sampled_from(["before", "after"]),
        SIDES,
    ),
    st.just({"kind": "close", "code": 4000}),
    st.sampled_from(["resume", "cut"]).map(lambda then: {"kind": "half_open", "then": then}),
    st.just({"kind": "stall"}),
    st.sampled_from(["cut", "silent"]).map(lambda living: {"kind": "offline", "living": living}),
)
PASSING = st.one_of(
    st.integers(0, 3).map(lambda ms: {"kind": "delay", "delay_ms": ms}),
    st.just({"kind": "throttle", "bytes_per_second": 1_000_000}),
    st.sampled_from(["request", "answer"]).map(
        lambda at: {"kind": "slow_handshake", "delay_ms": 1, "at": at}
    ),
    st.sampled_from(["hang", "cut", "after_status_line", "after_head"]).map(
        lambda how: {"kind": "answer_lost", "how": how}
    ),
    st.just({"kind": "duplicate_request"}),
    st.just({"kind": "http_status"}),
    st.sampled_from(["drop", "duplicate", "reorder"]).map(
        lambda kind: {"kind": kind, "tcp_impossible": True, **({"wait_ms": 1} if kind == "reorder" else {})}
    ),
)
# It refuses whoever comes: of alice's only new connections, which are not the untouched ones.
REFUSING = st.sampled_from(["refused", "reset"]).map(lambda how: {"kind": "refuse", "how": how})


def rule(fault: Json, tab: str, now: bool, skip: int, limit: int | None, chance: float) -> Json:
    whose: Json = {"profile": "alice"} if fault["kind"] == "refuse" else {"profile": "alice", "tab": tab}
    if fault == {"kind": "refuse", "how": "refused"} or now:  # it counts nothing
        return {"match": whose, "fault": fault, **({"now": True} if now else {})}
    return {"match": whose, "fault": fault, "skip": skip, "limit": limit, "chance": chance}


TABS = st.sampled_from(["1", "3", "leader"])
COUNTS = (st.integers(0, 2), st.one_of(st.none(), st.integers(1, 3)), st.sampled_from([1.0, 0.5]))
RULE = st.one_of(
    st.builds(rule, STRIKING, TABS, st.booleans(), *COUNTS),
    st.builds(rule, st.one_of(PASSING, REFUSING), TABS, st.just(False), *COUNTS),
)
ADD = st.tuples(st.just("add"), RULE)
MOVE = st.one_of(
    ADD,
    ADD,
    ADD,
    st.tuples(st.just("remove"), st.integers(0, 9)),
    st.tuples(st.just("mode"), st.sampled_from(["held", "free"])),
    st.tuples(st.just("lead"), st.sampled_from(["1", "3"])),
    st.tuples(st.just("heal"), st.none()),
)
MOVES = st.builds(lambda first, more: [first, *more], ADD, st.lists(MOVE, max_size=6))
MESSAGES = st.lists(
    st.one_of(
        st.text(max_size=200).map(lambda text: (TEXT, text.encode())),
        st.binary(max_size=200).map(lambda data: (BINARY, data)),
        st.just((TEXT, b'{"mutation_id":7}')),
    ),
    min_size=1,
    max_size=4,
)
BODIES = st.lists(st.binary(max_size=300), min_size=1, max_size=2)


@dataclass
class Bed:
    """A rig with the untouched and the suffering connections; alice's suffer behind a server of their own."""

    rig: Rig
    upstream: RawUpstream
    untouched: list[tuple[RawSocket, RawSocket]] = field(default_factory=list)
    suffering: list[RawSocket] = field(default_factory=list)

    @property
    def wire(self) -> Wire:
        return self.rig.wire

    async def open(self) -> None:
        second = HANDSHAKE.replace(b"__tab=1", b"__tab=2")
        self.untouched.append(await open_websocket(self.rig, self.upstream, "bob"))
        self.untouched.append(await open_websocket(self.rig, self.upstream, handshake=second))
        for tab in ("1", "3"):
            self.suffering.append(await self.suffer(tab))

    async def suffer(self, tab: str) -> RawSocket:
        """A WebSocket of a tab that rules may mean; who knows what becomes of it."""
        browser = await self.rig.client()
        browser.send(HANDSHAKE.replace(b"__tab=1", f"__tab={tab}".encode()).replace(b"alice.", b"other."))
        return browser

    async def move(self, move: tuple[str, Any]) -> None:
        match move:
            case ("add", raw):
                await self.wire.add_rules(raw)
            case ("remove", number) if self.wire.book.rules:
                rules = list(self.wire.book.rules)
                await self.wire.remove_rule(rules[number % len(rules)])
            case ("mode", mode):
                self.wire.set_mode(mode)
            case ("lead", tab):
                self.wire.book.leaders["alice"] = tab
            case ("heal", _):
                await self.wire.heal()

    async def work(self, messages: list[tuple[int, bytes]], bodies: list[bytes]) -> None:
        """Traffic on every connection; that of the untouched ones arrives as it was sent."""
        for tab in ("1", "3"):
            with contextlib.suppress(ConnectionError):  # its port may be shut
                self.suffering.append(await self.suffer(tab))
                post = request("POST", f"/api?__tab={tab}", b"{}", fetch=True)
                (await self.rig.client()).send(post.replace(b"alice.", b"other."))
        for opcode, payload in messages:
            for browser in self.suffering:
                browser.send_frame(opcode, payload, mask=True)
            for browser, server in self.untouched:
                browser.send_frame(opcode, payload, mask=True)
                server.send_frame(opcode, payload, mask=False)
        for opcode, payload in messages:
            for browser, server in self.untouched:
                assert await server.frame() == (0x80 | opcode, payload)
                assert await browser.frame() == (0x80 | opcode, payload)
        for body in bodies:
            await passes_unchanged(self.rig, self.upstream, body)

    async def let_go(self) -> None:
        """In held mode: deliver what is meant by no rule; do whatever may be done to the rest, in turn."""
        while True:
            waiting = await self.wire.until(
                lambda: [each for each in self.wire.in_flight() if each.is_head()], 60_000
            )
            head = waiting[0]
            meant = head.message.profile == "alice" and head.message.tab != "2"
            possible = [verdict for verdict in VERDICTS if not head.refusal(verdict)]
            turn = possible[int(head.id[1:]) % len(possible)]
            # A frame that let another pass is not asked to do so again, or it would wait for ever.
            again = turn == "reorder" and head.message.name in self.rig.names("frame_reordered")
            self.wire.decide(head.id, turn if meant and not again else "deliver")


def test_any_sequence_of_rules_leaves_untouched_connections_byte_identical() -> None:
    acted: Counter[str] = Counter()

    # What fails waits for seconds each time: an example that is not the smallest is told sooner.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)

    @settings(max_examples=100, deadline=None, phases=phases, suppress_health_check=[HealthCheck.too_slow])
    @given(MOVES, MESSAGES, BODIES)
    def hold(moves: list[tuple[str, Any]], messages: list[tuple[int, bytes]], bodies: list[bytes]) -> None:
        acted.update(asyncio.run(untouched(moves, messages, bodies)))

    hold()
    assert acted, "no rule ever acted: nothing was shown"


def test_every_fault_that_there_is_can_be_drawn() -> None:
    drawn: set[str] = set()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(RULE)
    def draw(raw: Json) -> None:
        drawn.add(raw["fault"]["kind"])

    draw()
    assert drawn == set(EVERY_FAULT)


async def untouched(
    moves: list[tuple[str, Any]], messages: list[tuple[int, bytes]], bodies: list[bytes]
) -> Counter[str]:
    """Play in a rig of its own; which faults acted, how often."""
    async with rigged() as bed:
        await bed.open()
        going = asyncio.create_task(bed.let_go())
        try:
            for move in moves:
                await bed.move(move)
                await bed.work(messages, bodies)
        finally:
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
    bed.rig.conserved()
    return Counter(str(record.detail.get("fault")) for record in bed.rig.events("rule_acted"))


@contextlib.asynccontextmanager
async def rigged() -> AsyncIterator[Bed]:
    upstream, other = RawUpstream(), await asyncio.start_server(answers, "127.0.0.1", 0)
    await upstream.start()
    upstreams = (
        Upstream("main", "127.0.0.1", upstream.port),
        Upstream("other", "127.0.0.1", other.sockets[0].getsockname()[1]),
    )
    rig = Rig(Wire(WireSettings(upstreams, {"alice": 0, "bob": 0}, documents=True)))
    rig.wire.add_sink(rig.records.append)
    await rig.wire.start()
    try:
        yield Bed(rig, upstream)
    finally:
        await rig.wire.stop()
        for client in rig.clients:
            client.abort()
        upstream.stop()
        other.close()


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server for those who suffer: it takes every WebSocket and every request, whatever becomes of them."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        if b"Upgrade" in head:
            writer.write(ACCEPT)
            while await reader.read(65_536):
                pass
        else:
            await reader.readexactly(2)
            writer.write(answer(b"{}", "200 Fine", "Connection: close"))
            await writer.drain()
    writer.close()


async def passes_unchanged(rig: Rig, upstream: RawUpstream, body: bytes) -> None:
    sent = request("POST", "/api?x=%20", body, "X-Odd-CASE: kept", fetch=True)
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

"""Profiles come and go while the wire runs: each is a port of its own."""

import pytest

from integration.wire.raw import RawSocket, RawUpstream, Rig, answer, open_websocket, request, soon
from syncbed.wire import WireError


async def test_a_profile_that_is_added_is_reached_at_its_own_port(rig: Rig, upstream: RawUpstream) -> None:
    port = await rig.wire.add_profile("carol")
    assert rig.wire.ports["carol"] == port
    browser = await rig.client("carol")
    browser.send(request("GET", "/"))
    server = await upstream.accepted()
    await server.head()
    server.send(answer(b"hello"))
    assert (await browser.rest()).endswith(b"hello")
    assert rig.names("frame_seen")[0] == "carol/unknown GET / #1 up"


async def test_a_reserved_port_refuses_until_it_is_added(rig: Rig) -> None:
    port = rig.wire.reserve_profile("carol")
    await rig.wire.heal()  # what listens is looked at again
    with pytest.raises(ConnectionRefusedError):
        await soon(RawSocket.to(port))
    assert await rig.wire.add_profile("carol") == port
    await rig.client("carol")


async def test_a_profile_that_is_removed_is_cut_and_its_name_is_free(rig: Rig, upstream: RawUpstream) -> None:
    await rig.wire.add_profile("carol")
    browser, _ = await open_websocket(rig, upstream, "carol")
    stays, server = await open_websocket(rig, upstream, "alice")
    await rig.wire.remove_profile("carol")
    assert await browser.ending() == "rst"
    assert "carol" not in rig.wire.ports
    server.send_frame(1, b"still here", mask=False)
    assert await stays.text() == "still here"
    await rig.wire.heal()
    assert "carol" not in rig.wire.ports
    await rig.wire.add_profile("carol")
    await rig.client("carol")


async def test_a_rule_keeps_a_new_profile_from_listening(rig: Rig) -> None:
    await rig.wire.add_rules({"id": "off", "match": {"profile": "carol"}, "fault": {"kind": "offline"}})
    port = await rig.wire.add_profile("carol")
    with pytest.raises(ConnectionRefusedError):
        await soon(RawSocket.to(port))
    await rig.wire.remove_rule("off")
    await rig.client("carol")


async def test_what_is_wrong_with_a_profile_is_told(rig: Rig) -> None:
    taken = rig.wire.ports["bob"]
    for name, port, code in (
        ("alice", 0, "duplicate_profile"),
        ("no name", 0, "invalid"),
        ("carol", taken, "listener"),
    ):
        with pytest.raises(WireError) as refused:
            await rig.wire.add_profile(name, port)
        assert refused.value.code == code
    with pytest.raises(WireError) as unknown:
        await rig.wire.remove_profile("carol")
    assert unknown.value.code == "unknown_profile"
    assert "carol" not in rig.wire.ports

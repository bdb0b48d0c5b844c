"""One world after another in one lab: what is told of each is its own."""

from __future__ import annotations

import socket

from syncbed.evidence import BED
from syncbed.lab.lab import Lab
from syncbed.lab.worlds import Setup, Worlds
from syncbed.trace import Note


async def test_the_last_words_of_a_world_that_has_ended_are_none_of_the_next_ones() -> None:
    lab = Lab(Worlds(Setup(profiles={"alice": 0}, lab_port=0)))
    await lab.start()
    try:
        assert lab.world is not None
        ended = lab.world.session.recorder
        known = lab.live.records
        ended.write(BED, Note("still running"))
        assert lab.live.records == known + 1
        await lab.reset()
        known = lab.live.records
        ended.write(BED, Note("the last word"))
        assert lab.live.records == known
    finally:
        await lab.close()


async def test_a_port_that_somebody_took_between_two_worlds_is_not_waited_for() -> None:
    """A world that ends gives its ports back, and the kernel gives them to whoever dials next."""
    worlds = Worlds(Setup(profiles={"alice": 0}, lab_port=0, windows=True))
    lab = Lab(worlds)
    await lab.start()
    try:
        port = worlds.ports["alice"]
        await lab.reset()
        assert worlds.ports["alice"] == port, "the same, so that windows find their way"
        await lab.close()
        with socket.socket() as somebody:
            somebody.bind(("127.0.0.1", port))
            await lab.reset()
            assert worlds.ports["alice"] not in (0, port)
    finally:
        await lab.close()

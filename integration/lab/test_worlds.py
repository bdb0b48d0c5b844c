"""One world after another in one lab: what is told of each is its own."""

from __future__ import annotations

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

from __future__ import annotations

import pytest

from server.core.frame import text_frame
from server.core.outbox import Outbox, OutboxLimits, SlowConsumer


def texts(outbox: Outbox) -> list[str]:
    return [frame.text for frame in outbox.drain()]


def filled(outbox: Outbox, *names: str) -> list[bool]:
    return [outbox.put(text_frame(name)) for name in names]


def test_frames_come_out_in_the_order_they_went_in_and_only_once() -> None:
    outbox = Outbox(OutboxLimits(10, 1000, "close"))
    assert filled(outbox, "a", "b", "c") == [True, True, True]
    assert texts(outbox) == ["a", "b", "c"]
    assert texts(outbox) == []
    assert not outbox.frames


def test_under_the_policy_close_the_frame_too_many_is_refused() -> None:
    outbox = Outbox(OutboxLimits(2, 1000, "close"))
    assert filled(outbox, "a", "b", "c") == [True, True, False]
    assert outbox.dropped == 0


def test_under_the_policy_drop_oldest_the_newest_survive_and_the_loss_is_counted() -> None:
    outbox = Outbox(OutboxLimits(2, 1000, "drop_oldest"))
    assert filled(outbox, "a", "b", "c", "d") == [True] * 4
    assert outbox.dropped == 2
    assert texts(outbox) == ["c", "d"]


def test_bytes_are_counted_as_they_go_over_the_wire() -> None:
    head = 2
    outbox = Outbox(OutboxLimits(100, 2 * (head + 5), "drop_oldest"))
    filled(outbox, "aaaaa", "bbbbb")
    assert outbox.dropped == 0
    filled(outbox, "c")
    assert texts(outbox) == ["bbbbb", "c"]


@pytest.mark.parametrize("policy", ["close", "drop_oldest"])
def test_a_frame_larger_than_the_whole_outbox_is_refused_under_any_policy(policy: SlowConsumer) -> None:
    outbox = Outbox(OutboxLimits(100, 10, policy))
    assert filled(outbox, "x" * 20) == [False]


def test_room_that_was_drained_can_be_filled_again() -> None:
    outbox = Outbox(OutboxLimits(100, 20, "close"))
    for _ in range(3):
        assert filled(outbox, "x" * 10) == [True]
        assert texts(outbox) == ["x" * 10]

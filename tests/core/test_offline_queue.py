from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.offline_queue import OfflineQueue, QueueLimits, Waiting

LIMITS = QueueLimits(messages_max=4, age_ms_max=100)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=30), st.integers(0, 200))
def test_the_queue_is_bounded_young_in_order_and_the_urgent_come_first(
    pushes: list[tuple[bool, int]], later_ms: int
) -> None:
    queue, now_ms = OfflineQueue(LIMITS), 0
    pushed: list[Waiting] = []
    for n, (priority, passed_ms) in enumerate(pushes):
        now_ms += passed_ms
        pushed.append(Waiting("notification", str(n), "", priority, now_ms))
        queue.push(pushed[-1])
        assert len(queue) <= LIMITS.messages_max
    now_ms += later_ms
    heard = queue.drain(now_ms)
    assert all(now_ms - message.at_ms <= LIMITS.age_ms_max for message in heard)
    order = [(not message.priority, pushed.index(message)) for message in heard]
    assert order == sorted(order)
    young = [message for message in pushed if now_ms - message.at_ms <= LIMITS.age_ms_max]
    urgent = [message for message in young if message.priority]
    assert [message for message in heard if message.priority] == urgent[-LIMITS.messages_max :]
    assert queue.drain(now_ms) == []

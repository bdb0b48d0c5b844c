"""Who is connected, who listens to what, and what each of them is handed."""

from __future__ import annotations

import pytest

from server.core.channel import Channel, HeldSubscription
from server.core.connection import Connection
from server.core.events import Event, Position
from server.core.hub import Hub, HubLimits
from server.core.messages import NOW, Start
from server.errors import TOO_MANY_CHANNELS, SyncbedError
from tests.clients import event, heard, offsets_heard, open_connection, plain_connection


def small_hub(channels_max: int = 10) -> Hub:
    return Hub(HubLimits(channels_max, 100))


def joined(hub: Hub, connection: Connection, start: Start | None = None, at: int = 5) -> Channel:
    """`connection` subscribed to a channel that stands at `at`."""
    hub.add(connection)
    channel = hub.subscribe(connection, "orders", start)
    hub.joined(channel, Position("e1", at))
    return channel


def release(hub: Hub, channel: Channel, connection: Connection, missed: list[Event] | None) -> None:
    hub.release(channel, connection, channel.held[connection], missed)


def test_one_event_reaches_every_subscriber_and_nobody_else() -> None:
    hub, here, there, elsewhere = small_hub(), plain_connection(), plain_connection(), plain_connection()
    joined(hub, here)
    hub.subscribe(there, "orders", None)
    hub.subscribe(elsewhere, "contacts", None)
    assert hub.receive(event(6)) is False
    frame = {"channel": "orders", "event": "created", "payload": {"n": 6}}
    assert [heard(c) for c in (here, there, elsewhere)] == [[frame], [frame], []]


def test_connections_that_speak_alike_share_one_encoded_frame() -> None:
    hub, one, two = small_hub(), plain_connection(), plain_connection()
    joined(hub, one)
    hub.subscribe(two, "orders", None)
    hub.receive(event(6))
    assert one.outbox.drain()[0] is two.outbox.drain()[0]


def test_subscribing_again_changes_nothing() -> None:
    hub, client = small_hub(), plain_connection()
    channel = joined(hub, client)
    hub.subscribe(client, "orders", None)
    assert len(channel) == 1
    hub.receive(event(6))
    assert len(heard(client)) == 1


def test_after_an_unsubscribe_nothing_more_is_heard() -> None:
    hub, client, other = small_hub(), plain_connection(), plain_connection()
    channel = joined(hub, client)
    hub.subscribe(other, "orders", None)
    assert hub.unsubscribe(client, "orders") is None
    hub.receive(event(6))
    assert heard(client) == []
    assert hub.unsubscribe(other, "orders") is channel
    assert hub.channels == {}


def test_unsubscribing_from_what_was_never_subscribed_is_nothing() -> None:
    hub, client = small_hub(), plain_connection()
    assert hub.unsubscribe(client, "orders") is None


def test_a_connection_that_goes_leaves_nothing_behind() -> None:
    hub, client = small_hub(), open_connection()
    joined(hub, client)
    hub.subscribe(client, "contacts", NOW)
    assert {channel.name for channel in hub.remove(client)} == {"orders", "contacts"}
    assert (hub.connections, hub.channels) == ({}, {})


def test_a_connection_may_hear_only_so_many_channels() -> None:
    hub, client = small_hub(channels_max=2), plain_connection()
    for name in ("a", "b", "a"):
        hub.subscribe(client, name, None)
    with pytest.raises(SyncbedError, match="2 channels at most") as refused:
        hub.subscribe(client, "c", None)
    assert refused.value.kind is TOO_MANY_CHANNELS
    assert set(hub.channels) == {"a", "b"}


def test_a_resumed_subscription_hears_its_answer_then_what_it_missed_then_the_rest() -> None:
    hub, client = small_hub(), open_connection()
    channel = joined(hub, client, Position("e1", 3), at=5)
    hub.receive(event(6))  # happens while the log is being read
    assert heard(client) == []
    release(hub, channel, client, [event(4), event(5), event(6)])
    hub.receive(event(7))
    frames = heard(client)
    assert frames[0] == {
        "type": "subscribed",
        "channel": "orders",
        "epoch": "e1",
        "offset": 3,
        "recovered": True,
    }
    assert [frame["offset"] for frame in frames[1:]] == [4, 5, 6, 7]


def test_a_subscription_from_now_on_starts_where_the_channel_stands() -> None:
    hub, client = small_hub(), open_connection()
    channel = joined(hub, client, NOW, at=5)
    release(hub, channel, client, [])
    answer = heard(client)[0]
    assert (answer["offset"], answer["recovered"]) == (5, True)


def test_what_cannot_be_recovered_is_said_and_the_rest_follows_from_there() -> None:
    hub, client = small_hub(), open_connection()
    channel = joined(hub, client, Position("e0", 3), at=5)
    hub.receive(event(6))
    release(hub, channel, client, None)
    frames = heard(client)
    assert (frames[0]["recovered"], frames[0]["offset"]) == (False, 5)
    assert [frame["offset"] for frame in frames[1:]] == [6]


def test_a_client_that_is_ahead_of_us_hears_nothing_twice() -> None:
    hub, client = small_hub(), open_connection()
    channel = joined(hub, client, Position("e1", 7), at=5)
    for offset in (6, 7, 8):
        hub.receive(event(offset))
    release(hub, channel, client, [event(8)])
    frames = heard(client)
    assert (frames[0]["offset"], [frame["offset"] for frame in frames[1:]]) == (7, [8])


def test_what_was_read_for_a_start_that_was_withdrawn_is_thrown_away() -> None:
    hub, client = small_hub(), open_connection()
    channel = joined(hub, client, Position("e1", 1), at=5)
    first: HeldSubscription = channel.held[client]
    hub.subscribe(client, "orders", Position("e1", 4))
    hub.release(channel, client, first, [event(2), event(3), event(4), event(5)])
    assert heard(client) == []
    release(hub, channel, client, [event(5)])
    assert offsets_heard(client) == [5]


def test_of_events_that_are_lost_those_are_told_who_follow_positions() -> None:
    hub, plain, client, late = small_hub(), plain_connection(), open_connection(), open_connection()
    channel = joined(hub, plain)
    hub.subscribe(client, "orders", NOW)
    release(hub, channel, client, [])
    hub.subscribe(late, "orders", Position("e1", 2))
    heard(client)

    channel.lost_broker()
    hub.joined(channel, Position("e2", 9))
    hub.resync(channel, Position("e2", 0))
    hub.receive(event(1, "e2"))

    resynced = {"type": "subscribed", "channel": "orders", "epoch": "e2", "offset": 0, "recovered": False}
    assert heard(client)[0] == resynced
    assert [frame["payload"] for frame in heard(plain)] == [{"n": 1}]
    assert heard(late) == []
    release(hub, channel, late, None)
    assert [(f["epoch"], f["offset"]) for f in heard(late)] == [("e2", 0), ("e2", 1)]


def test_what_waited_is_handed_out_even_if_a_gap_follows_it() -> None:
    hub, client = small_hub(), plain_connection()
    channel = hub.subscribe(client, "orders", None)
    for offset in (6, 7, 9):
        hub.receive(event(offset))
    hub.joined(channel, Position("e1", 5))
    assert [frame["payload"]["n"] for frame in heard(client)] == [6, 7]
    states = [channel.state]
    hub.advance(channel, [event(8), event(9)])
    hub.go_live(channel)
    assert [frame["payload"]["n"] for frame in heard(client)] == [8, 9]
    assert [*states, channel.state] == ["behind", "live"]


def test_only_those_who_follow_positions_are_told_where_the_channel_stands() -> None:
    hub, plain, client = small_hub(), plain_connection(), open_connection()
    channel = joined(hub, plain)
    hub.subscribe(client, "orders", NOW)
    release(hub, channel, client, [])
    heard(client)
    hub.tell_position(channel)
    assert heard(client) == [{"type": "position", "channel": "orders", "epoch": "e1", "offset": 5}]
    assert heard(plain) == []


def test_an_event_of_a_channel_that_nobody_hears_is_nothing() -> None:
    assert small_hub().receive(event(1)) is False


def test_a_gap_is_reported_once_to_whoever_drives_the_channel() -> None:
    hub = small_hub()
    joined(hub, plain_connection())
    assert hub.receive(event(8)) is True
    assert hub.receive(event(9)) is False

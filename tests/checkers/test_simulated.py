"""A system that is right is never called wrong; the same run with one thing broken always is.

The system is simulated: tabs that are handed events late, refusals, doubtful answers, late answers,
reloads, resyncs, lost epochs. Then one record of its trace is dropped, doubled, swapped or changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncbed.checkers import CHECKERS, verdict
from syncbed.trace import (
    Commit,
    Event,
    Fail,
    Invoke,
    Kind,
    Ok,
    Record,
    Snapshot,
    Subscribed,
    Trace,
    View,
    token_in,
)
from tests.checkers.story import Story

TABS = ("alice/1", "alice/2", "bob/1")
KEYS = ("latte", "mocha", "espresso")
DOES = ("put", "put", "put", "remove", "refuse", "doubt", "vanish", "hand", "hand", "answer", "reload")

Action = tuple[str, str, str]
ACTIONS = st.lists(
    st.tuples(st.sampled_from((*DOES, "resync", "lose")), st.sampled_from(TABS), st.sampled_from(KEYS)),
    min_size=1,
    max_size=25,
)
STEADY = st.lists(
    st.tuples(
        st.sampled_from(("put", "put", "put", "remove", "hand", "answer")),
        *[st.sampled_from(each) for each in (TABS, KEYS)],
    ),
    min_size=3,
    max_size=25,
)


class System:
    """A correct one. Whatever is under way may stay so until `end`."""

    def __init__(self) -> None:
        self.story = Story(*TABS)
        self.queues: dict[str, list[tuple[Commit, str]]] = {tab: [] for tab in TABS}
        self.answers: list[tuple[str, Commit]] = []
        self.ops = 0

    def do(self, does: str, tab: str, key: str) -> None:
        story = self.story
        self.ops += 1
        op = f"o{self.ops}"
        match does:
            case "put":
                story.ask(tab, key, op)
                self.committed(story.commit(key, op), op, answered=True)
            case "remove" if key in story.items:
                story.say("driver", Invoke(op, tab, "remove", key, None, op))
                self.committed(story.delete(key), op, answered=True)
            case "refuse":
                story.refused(tab, key, op)
            case "doubt":
                story.doubtful(tab, key, op)
                self.committed(story.commit(key, op), op, answered=False)
            case "vanish":
                story.doubtful(tab, key, op)
            case "hand" if self.queues[tab]:
                story.hand(tab, *self.queues[tab].pop(0))
            case "answer" if self.answers:
                story.answer(*self.answers.pop(0))
            case "reload":
                story.open(tab)
                self.queues[tab].clear()
            case "resync":
                story.connected(tab, "reconnecting")
                story.connected(tab)
                story.read(tab, "resync")
                self.queues[tab].clear()
            case "lose":
                story.lose_everything()
                for queue in self.queues.values():
                    queue.clear()

    def committed(self, commit: Commit, op: str, *, answered: bool) -> None:
        for queue in self.queues.values():
            queue.append((commit, op if commit.item is not None else ""))
        if answered:
            self.answers.append((op, commit))

    def end(self) -> Trace:
        for tab, queue in self.queues.items():
            for commit, token in queue:
                self.story.hand(tab, commit, token)
        for op, commit in self.answers:
            self.story.answer(op, commit)
        return self.story.end()


def run(actions: list[Action]) -> Trace:
    system = System()
    for action in actions:
        system.do(*action)
    return system.end()


@settings(max_examples=300, deadline=None)
@given(ACTIONS)
def test_a_correct_system_is_never_called_wrong(actions: list[Action]) -> None:
    trace = run(actions)
    for name, check in CHECKERS.items():
        finding = check(trace)
        assert finding.status != "violated", f"{name}: {finding.reason}\n" + "\n".join(finding.told())


@settings(max_examples=100, deadline=None)
@given(STEADY)
def test_a_correct_system_that_did_something_is_ok(actions: list[Action]) -> None:
    assume(any(does == "put" for does, _, _ in actions))
    exercised = {name for name in CHECKERS if name != "expectations"}
    if not any(does == "refuse" for does, _, _ in actions):
        exercised.remove("no_phantom")
    found = verdict(run(actions), exercised)
    assert (found.status, found.doubts) == ("ok", ())


# What can go wrong


def rebuilt(records: list[Record[Kind]]) -> Trace:
    return Trace(tuple(dataclasses.replace(record, i=i) for i, record in enumerate(records)))


def with_what(record: Record[Kind], **changes: object) -> Record[Kind]:
    return dataclasses.replace(record, what=dataclasses.replace(record.what, **changes))


def choose(draw: st.DataObject, candidates: list[int]) -> int:
    assume(candidates)
    return draw.draw(st.sampled_from(candidates))


def places(trace: Trace, kind: type[Kind]) -> list[int]:
    return [record.i for record in trace.records if isinstance(record.what, kind)]


def acknowledged_last_puts(trace: Trace) -> list[Record[Commit]]:
    """The commits of acknowledged puts that nothing overwrote."""
    last: dict[str, Record[Commit]] = {}
    for record in trace.all(Commit):
        last[record.what.entity_id] = record
    confirmed = {end.what.op for end in trace.all(Ok)}
    return [record for record in last.values() if token_in(record.what.item) in confirmed]


def drop_an_effect(trace: Trace, draw: st.DataObject) -> Trace:
    """The final state forgets an item that an acknowledged write put there."""
    records = list(trace.records)
    commits = acknowledged_last_puts(trace)
    assume(commits)
    gone = draw.draw(st.sampled_from(commits)).what.entity_id
    at = places(trace, Snapshot)[-1]
    items = tuple(item for item in trace.last(Snapshot).what.items if item["id"] != gone)  # type: ignore[union-attr]
    records[at] = with_what(records[at], items=items)
    return rebuilt(records)


def drop_a_commit(trace: Trace, draw: st.DataObject) -> Trace:
    """The log forgets an acknowledged write."""
    records = list(trace.records)
    confirmed = {end.what.op for end in trace.all(Ok)}
    at = choose(draw, [each.i for each in trace.all(Commit) if token_in(each.what.item) in confirmed])
    del records[at]
    return rebuilt(records)


def commit_again(trace: Trace, draw: st.DataObject) -> Trace:
    """A mutation takes effect a second time."""
    records = list(trace.records)
    at = choose(draw, places(trace, Commit))
    records.insert(at + 1, with_what(records[at], offset=1000))
    return rebuilt(records)


def double_an_event(trace: Trace, draw: st.DataObject) -> Trace:
    records = list(trace.records)
    at = choose(draw, places(trace, Event))
    records.insert(at + 1, records[at])
    return rebuilt(records)


def neighbours(trace: Trace) -> list[tuple[int, int]]:
    """Pairs of events that one document was handed one after the other."""
    found = []
    last: dict[str, int] = {}
    for record in trace.records:
        if isinstance(record.what, Event):
            if record.source in last:
                found.append((last[record.source], record.i))
            last[record.source] = record.i
        elif isinstance(record.what, Subscribed):
            last.pop(record.source, None)
    return found


def swap_two_events(trace: Trace, draw: st.DataObject) -> Trace:
    records = list(trace.records)
    pairs = neighbours(trace)
    assume(pairs)
    a, b = draw.draw(st.sampled_from(pairs))
    first, second = records[a], records[b]
    records[a] = dataclasses.replace(first, what=second.what)
    records[b] = dataclasses.replace(second, what=first.what)
    return rebuilt(records)


def drop_an_event(trace: Trace, draw: st.DataObject) -> Trace:
    records = list(trace.records)
    del records[choose(draw, places(trace, Event))]
    return rebuilt(records)


def change_a_view(trace: Trace, draw: st.DataObject) -> Trace:
    """One tab's last view lacks an item."""
    records = list(trace.records)
    final = [trace.final_view(tab) for tab in TABS]
    at = choose(draw, [view.i for view in final if view is not None and view.what.items])
    what = records[at].what
    assert isinstance(what, View)
    records[at] = with_what(records[at], items=what.items[1:])
    return rebuilt(records)


def refuse_what_is_there(trace: Trace, draw: st.DataObject) -> Trace:
    """A write is said to be refused, and everybody has it."""
    records = list(trace.records)
    there = {token_in(commit.what.item) for commit in acknowledged_last_puts(trace)}
    ends = {end.i: end.what.op for end in trace.all(Ok) if end.what.op in there}
    at = choose(draw, list(ends))
    records[at] = dataclasses.replace(records[at], what=Fail(ends[at], "version_conflict"))
    return rebuilt(records)


def leave_one_pending(trace: Trace, draw: st.DataObject) -> Trace:
    """A tab never hears the end of a write."""
    records = list(trace.records)
    final = [view for tab in trace.open_tabs() if (view := trace.final_view(tab)) is not None]
    at = choose(draw, [view.i for view in final])
    records[at] = with_what(records[at], pending=("latte",))
    return rebuilt(records)


def forget_an_end(trace: Trace, draw: st.DataObject) -> Trace:
    """An op of a document that lives never ends."""
    gone = choose(draw, places(trace, Ok))
    return rebuilt([record for record in trace.records if record.i != gone])


BREAKS: dict[str, list[Callable[[Trace, st.DataObject], Trace]]] = {
    "no_lost_write": [drop_an_effect, drop_a_commit],
    "no_duplicate": [commit_again, double_an_event],
    "in_order_no_gap": [swap_two_events, drop_an_event],
    "converges": [drop_an_effect, change_a_view],
    "no_phantom": [refuse_what_is_there],
    "nothing_stuck": [leave_one_pending, forget_an_end],
}


@settings(max_examples=200, deadline=None)
@given(STEADY, st.sampled_from([(name, each) for name, all_ in BREAKS.items() for each in all_]), st.data())
def test_one_broken_thing_is_always_caught(
    actions: list[Action], broken: tuple[str, Callable[[Trace, st.DataObject], Trace]], draw: st.DataObject
) -> None:
    name, break_it = broken
    finding = CHECKERS[name](break_it(run(actions), draw))
    assert finding.status == "violated", f"{break_it.__name__} was missed: {finding.reason}"
    assert 1 <= len(finding.witness) <= 10
    assert [record.i for record in finding.witness] == sorted({record.i for record in finding.witness})

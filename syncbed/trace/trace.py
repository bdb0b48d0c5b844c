"""A whole trace in memory, with the few questions that judges ask of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeVar

from .kinds import Event, Fail, Fault, Header, Info, Invoke, Kind, Lifted, Ok, Receipt, TabLife, View
from .order import Order
from .record import Record

K = TypeVar("K", bound=Kind)


@dataclass(frozen=True)
class Op:
    """What a client asked for, and how it ended. One that never ended may have happened, like *info*."""

    invoke: Record[Invoke]
    end: Record[Ok] | Record[Fail] | Record[Info] | None

    @property
    def status(self) -> Literal["ok", "fail", "info"]:
        match self.end.what if self.end is not None else None:
            case Ok():
                return "ok"
            case Fail():
                return "fail"
            case _:
                return "info"


@dataclass(frozen=True)
class FaultSpan:
    """A fault, what proves that it acted, and its end. An id may be used again: each use is a span."""

    began: Record[Fault]
    receipts: tuple[Record[Receipt], ...] = ()
    lifted: Record[Lifted] | None = None


@dataclass(frozen=True)
class Trace:
    """`truncated` says why the end is missing, if it is."""

    records: tuple[Record[Kind], ...]
    truncated: str = ""

    @property
    def header(self) -> Header:
        what = self.records[0].what
        assert isinstance(what, Header)
        return what

    def all(self, kind: type[K]) -> list[Record[K]]:
        """Every record of a kind, in reading order."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]

    def last(self, kind: type[K]) -> Record[K] | None:
        found = self.all(kind)
        return found[-1] if found else None

    def before(self, a: Record[Kind], b: Record[Kind]) -> bool | None:
        """True: a happened before b. False: it did not. None: nobody can say (`order.py`)."""
        return self._order.before(a, b)

    @cached_property
    def ops(self) -> dict[str, Op]:
        """Op id -> op. Of several ends the definite one counts: a late answer is better than none."""
        ends: dict[str, Record[Ok] | Record[Fail] | Record[Info]] = {}
        for kind in (Ok, Fail, Info):
            for end in self.all(kind):
                ends.setdefault(end.what.op, end)  # type: ignore[attr-defined, arg-type]
        found: dict[str, Op] = {}
        for invoke in self.all(Invoke):
            found.setdefault(invoke.what.op, Op(invoke, ends.get(invoke.what.op)))
        return found

    @cached_property
    def faults(self) -> tuple[FaultSpan, ...]:
        """Every fault, with the receipts and the end that came before its id was used again."""
        found: list[FaultSpan] = []
        last: dict[str, int] = {}  # id -> its span
        told: list[Record[Fault] | Record[Receipt] | Record[Lifted]]
        told = [*self.all(Fault), *self.all(Receipt), *self.all(Lifted)]
        for record in sorted(told, key=lambda each: each.i):
            if isinstance(record.what, Fault):
                last[record.what.fault] = len(found)
                found.append(FaultSpan(record))
            elif (at := last.get(record.what.fault)) is not None:
                span = found[at]
                if isinstance(record.what, Receipt):
                    found[at] = replace(span, receipts=(*span.receipts, record))
                elif span.lifted is None:
                    found[at] = replace(span, lifted=record)
        return tuple(found)

    @cached_property
    def documents(self) -> dict[str, str]:
        """Source -> tab, of every document that a tab ever had."""
        found = {life.what.document: life.what.tab for life in self.all(TabLife) if life.what.document}
        for kind in (View, Event):
            for record in self.all(kind):
                found.setdefault(record.source, record.what.tab)  # type: ignore[attr-defined]
        return found

    @cached_property
    def tabs(self) -> dict[str, TabLife]:
        """Tab -> how it was left: what last became of it. Its `document` is the one that last spoke."""
        found: dict[str, TabLife] = {}
        for record in self.all(TabLife):
            life = record.what
            document = life.document or (found[life.tab].document if life.tab in found else "")
            found[life.tab] = TabLife(life.tab, life.did, document)
        return found

    def open_tabs(self) -> list[str]:
        """The tabs that were there at the end."""
        return [tab for tab, life in self.tabs.items() if life.did not in ("closed", "crashed")]

    def final_view(self, tab: str) -> Record[View] | None:
        """What the tab's last document showed last."""
        document = self.tabs[tab].document if tab in self.tabs else ""
        views = [
            view
            for view in self.all(View)
            if view.what.tab == tab and (not document or view.source == document)
        ]
        return views[-1] if views else None

    def gaps(self) -> list[str]:
        """Reports that were lost on the way, in words: a source's numbers are dense from 1."""
        found = []
        last: dict[str, int] = defaultdict(int)
        for record in self.records:
            expected = last[record.source] + 1
            if record.n > expected:
                missing = f"{expected}" if record.n == expected + 1 else f"{expected} to {record.n - 1}"
                found.append(f"{record.source}: record {missing} is missing before line {record.i + 1}")
            elif record.n < expected:
                found.append(f"{record.source}: record {record.n} came after {expected - 1}")
            last[record.source] = record.n
        return found

    @cached_property
    def _by_kind(self) -> dict[type[Kind], list[Record[Kind]]]:
        found: dict[type[Kind], list[Record[Kind]]] = defaultdict(list)
        for record in self.records:
            found[type(record.what)].append(record)
        return dict(found)

    @cached_property
    def _order(self) -> Order:
        return Order(self.records)

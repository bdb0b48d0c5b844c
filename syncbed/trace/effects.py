"""What a rule of the wire brought about: its receipt, drawn from the records of what followed.

That a rule was added, or that it took a decision, is an intention and proves nothing. A receipt needs
the consequence: the tab heard its socket end, an attempt to connect failed, a request stayed without
its answer, a message came late, twice, after its successor, or never. A rule that nothing met leaves
none, and its run is then unknown. What the driver does itself (to a tab, to a server) has receipts
of its own.

Pure: fed with every record of a run in reading order, it answers with the receipts that follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .kinds import Clock, Connection, Fault, Frame, Kind, Lifted, Note, Receipt, State
from .record import Record
from .tokens import profile_of

WIRE = "wire"
LATE_MS_MIN = 1.0  # a message that passes sooner was not late
SOON_MS = 50.0  # what had piled up comes at once when the wire reads on
REFUSED_LATE_MS = 250.0  # a page may hear of its failure a little after the port is open again
CLOSE_CODE = 1012  # of a `close` that names none: a rule's JSON leaves out what is its default
# These end a connection: a frame that was lost is not the proof, the tab's word is.
ENDING = ("cut", "close", "offline", "half_open")
SAID_ELSEWISE = ("answer_lost", "duplicate_request", "drop")  # what is lost besides has words of its own
DONE_TO_A_FRAME = {
    "lost": "was lost",
    "dropped": "was dropped, and the connection went on",
    "duplicated": "passed twice",
    "reordered": "passed after its successor",
    "answer_lost": "was answered, and the answer was lost",
}


@dataclass(eq=False, slots=True)
class _Rule:
    id: str
    kind: str
    code: int | None = None  # what a close is to say
    side: str = "both"
    proven: bool = False  # or another rule has taken its id


@dataclass(eq=False, slots=True)
class _Line:
    """A connection at the wire, as far as its rules are concerned."""

    tab: str = ""
    path: str = ""
    websocket: bool = False
    closing: bool = False  # a side has said so: what ends it now changes nothing
    asked: str = ""  # the request that it carries
    under_way: dict[str, None] = field(default_factory=dict)  # seen, and neither passed nor lost
    late: dict[str, tuple[_Rule, float]] = field(default_factory=dict)  # delayed, and since when
    silences: list[_Rule] = field(default_factory=list)
    stalls: dict[str, _Rule] = field(default_factory=dict)  # direction -> whose
    read_on: dict[str, tuple[_Rule, float]] = field(default_factory=dict)  # direction -> whose, since when


@dataclass(eq=False, slots=True)
class _Shut:
    """A port that a rule keeps shut, and for how long."""

    rule: _Rule
    profile: str
    since_ms: float
    until_ms: float = float("inf")


class Effects:
    def __init__(self) -> None:
        self._rules: dict[str, _Rule] = {}
        self._lines: dict[str, _Line] = defaultdict(_Line)
        self._ended: list[tuple[_Rule, _Line]] = []  # by a rule; the tab has not heard of it yet
        self._shut: list[_Shut] = []
        self._offsets: dict[str, float] = defaultdict(float)
        self._of_the_wire: dict[type[Kind], Any] = {
            Fault: self._begun,
            Frame: self._frame,
            Connection: self._connection,
            Note: self._port,
            Lifted: self._lifted,
        }
        self._of_tabs: dict[type[Kind], Any] = {Connection: self._heard, State: self._became}

    def at_ms(self, record: Record[Kind]) -> float:
        """When it was, by the bed's clock."""
        return record.at_ms + self._offsets[record.source]

    def take(self, record: Record[Kind]) -> list[Receipt]:
        """The receipts that a record makes certain."""
        what = record.what
        if isinstance(what, Clock):
            self._offsets[what.of] = what.offset_ms
            return []
        read = (self._of_the_wire if record.source == WIRE else self._of_tabs).get(type(what))
        if read is None:
            return []
        found = []
        for rule, evidence in read(what, self.at_ms(record)):
            if not rule.proven:
                rule.proven = True
                found.append(Receipt(rule.id, evidence))
        return found

    # What the wire says

    def _begun(self, fault: Fault, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        if fault.fault in self._rules:
            self._rules[fault.fault].proven = True  # what comes of the old one now says nothing about this
        about = fault.what.get("fault") if isinstance(fault.what, Mapping) else None
        about = about if isinstance(about, Mapping) else {}
        kind = str(about.get("kind", ""))
        code = about.get("code", CLOSE_CODE) if kind == "close" else None
        self._rules[fault.fault] = _Rule(fault.fault, kind, code, str(about.get("side", "both")))
        yield from ()

    def _lifted(self, lifted: Lifted, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        """What waited until its rule was gone has waited, however soon that was."""
        for line in self._lines.values():
            for message, (rule, _) in line.late.items():
                if rule.id == lifted.fault:
                    yield rule, f"{message} waited until the rule was gone"

    def _port(self, note: Note, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        about = note.about if isinstance(note.about, Mapping) else {}
        if note.text == "listener_closed" and (rule := self._rules.get(about.get("rule", ""))):
            self._shut.append(_Shut(rule, about.get("profile", ""), at_ms))
        elif note.text == "listener_opened":
            for shut in self._shut:
                if shut.profile == about.get("profile"):
                    shut.until_ms = min(shut.until_ms, at_ms)
        yield from ()

    def _frame(self, frame: Frame, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        line, message = self._lines[frame.connection], frame.message
        line.tab, line.path = frame.tab or line.tab, frame.path or line.path
        rule = self._rules.get(frame.rule)
        match frame.did:
            case "seen":
                line.under_way[message] = None
                if frame.stage == "request":
                    line.asked = message
                for silent in line.silences:
                    yield silent, f"{message} did not pass while connection {frame.connection} was silent"
                yield from self._read_on(line, frame, at_ms)
            case "held":
                line.under_way.pop(message, None)
            case "delayed" if rule is not None:
                line.late[message] = (rule, at_ms)
            case "delivered" | "lost" | "abandoned":
                line.under_way.pop(message, None)
                yield from self._late(line, message, at_ms, "passed" if frame.did == "delivered" else "ended")
        if rule is not None and frame.did in DONE_TO_A_FRAME:
            side_effect = (rule.kind in ENDING and frame.stage == "frame") or rule.kind in SAID_ELSEWISE
            if frame.did != "lost" or not side_effect:
                yield (
                    rule,
                    f"{message} {DONE_TO_A_FRAME[frame.did]}" + (f" ({frame.why})" if frame.why else ""),
                )

    @staticmethod
    def _late(line: _Line, message: str, at_ms: float, how: str) -> Iterator[tuple[_Rule, str]]:
        if delayed := line.late.pop(message, None):
            rule, since_ms = delayed
            if at_ms - since_ms >= LATE_MS_MIN:
                yield rule, f"{message} {how} {at_ms - since_ms:.0f} ms after it had come"

    @staticmethod
    def _read_on(line: _Line, frame: Frame, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        if read_on := line.read_on.pop(frame.direction, None):
            rule, since_ms = read_on
            if at_ms - since_ms <= SOON_MS:
                yield rule, f"{frame.message} was there when the wire read on"

    def _connection(self, told: Connection, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        line, rule = self._lines[told.connection], self._rules.get(told.rule)
        line.tab, line.path = told.tab or line.tab, told.path or line.path
        direction = "down" if told.how == "upstream" else "up"
        match told.did:
            case "websocket":
                line.websocket = True
            case "refused" if rule is not None:
                yield rule, f"a connection of {profile_of(told.tab)} was reset as it was made"
            case "closing":
                line.closing = True
                for silent in line.silences:
                    yield silent, f"its close did not pass while connection {told.connection} was silent"
            case "silenced" if rule is not None:
                line.silences.append(rule)
                for message in line.under_way:
                    yield rule, f"{message} did not pass while connection {told.connection} was silent"
            case "stalled" if rule is not None:
                line.stalls[direction] = rule
            case "resumed":
                line.silences = [each for each in line.silences if each is not rule]
                for way in [way for way, each in line.stalls.items() if each is rule]:
                    line.read_on[way] = (line.stalls.pop(way), at_ms)
            case "closed":
                if rule is not None:
                    yield from self._closed(told, line, rule)
                # What is under way is told as lost after this.
                line.websocket, line.silences, line.stalls = False, [], {}

    def _closed(self, told: Connection, line: _Line, rule: _Rule) -> Iterator[tuple[_Rule, str]]:
        if line.closing and rule.kind != "close":  # which is answered by a close
            return
        if not line.websocket:
            if line.asked:
                yield rule, f"the connection of {line.asked} ended ({told.how})"
        elif rule.side == "upstream":
            yield rule, f"connection {told.connection} of {line.tab} lost its server"
        elif line.tab.endswith("/unknown"):  # a worker's: nobody asks it
            yield rule, f"connection {told.connection} of {line.tab} ended ({told.how})"
        else:
            self._ended.append((rule, line))

    # What a tab says

    def _heard(self, told: Connection, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        """A socket ended, or never opened, as its page was told; or the browser could not send a request."""
        if told.did == "refused":
            yield from self._failed(told, at_ms)
        if told.did != "closed":
            return
        for rule, line in self._ended:
            if (line.tab, line.path) == (told.tab, told.path):
                self._ended.remove((rule, line))
                if rule.code is None or told.code in (None, rule.code):
                    yield rule, f"{told.tab} was told that its socket ended with {told.code}"
                break
        else:
            yield from self._gave_up(told.tab, f"{told.tab} was told that its socket ended with {told.code}")

    def _became(self, what: State, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        """For tabs whose sockets nobody watches, what their SDK says has to do."""
        if what.state == "connected":
            return
        became = f"{what.tab} became {what.state}" + (f": {what.reason}" if what.reason else "")
        for rule, line in [each for each in self._ended if each[1].tab == what.tab]:
            self._ended.remove((rule, line))
            yield rule, became
        yield from self._gave_up(what.tab, became)

    def _gave_up(self, tab: str, evidence: str) -> Iterator[tuple[_Rule, str]]:
        """The tab's socket is gone while nothing passes on it, or nobody reads it."""
        for line in self._lines.values():
            if line.tab == tab and line.websocket:
                for rule in (*line.silences, *line.stalls.values()):
                    yield rule, f"{evidence}, while nothing came"

    def _failed(self, told: Connection, at_ms: float) -> Iterator[tuple[_Rule, str]]:
        for shut in self._shut:
            if shut.profile == profile_of(told.tab) and (
                shut.since_ms <= at_ms <= shut.until_ms + REFUSED_LATE_MS
            ):
                yield shut.rule, f"{told.tab} could not connect to {told.path or 'its port'}"

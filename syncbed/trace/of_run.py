"""What the run and its driver say: the header, steps, faults and their receipts, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .kind import Foreign, Kind

TRACE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Header(Kind):
    """The run: always the first record. `caps` are what the SDK under test claims."""

    kind = "header"
    trace: int = TRACE_VERSION
    scenario: str = ""
    title: str = ""
    seed: int = 0
    mode: Literal["free", "held"] = "free"
    driver: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, Foreign] = field(default_factory=dict)  # name -> {tabs, instance}
    caps: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    uncontrolled: tuple[str, ...] = ()  # what is not under control in this run: workers, Web Locks...


@dataclass(frozen=True, slots=True)
class Clock(Kind):
    """From here on: the bed's time = `at_ms` of that source + `offset_ms`, give or take `error_ms`."""

    kind = "clock"
    of: str
    offset_ms: float = 0.0
    error_ms: float = 0.0


# What the driver did


@dataclass(frozen=True, slots=True)
class Step(Kind):
    """The driver began this step of the scenario, counted from 0."""

    kind = "step"
    step: int
    does: Foreign = None


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """A decision of a held run: part of its schedule."""

    kind = "choice"
    does: Literal["deliver", "end_before", "end_after", "drop", "duplicate", "reorder", "fire", "advance"]
    what: str = ""  # the message's or timer's name
    by_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class TabLife(Kind):
    """What became of a tab. `document` is the source that speaks for it from here on."""

    kind = "tab"
    tab: str
    did: Literal["opened", "reloaded", "closed", "crashed", "frozen", "thawed", "hidden", "shown"]
    document: str = ""


@dataclass(frozen=True, slots=True)
class Fault(Kind):
    """A fault begins: a rule of the wire, or what the driver does to a tab, a server or Redis."""

    kind = "fault"
    fault: str  # its id: the rule's id, or the driver's
    what: Foreign = None


@dataclass(frozen=True, slots=True)
class Receipt(Kind):
    """The evidence that a fault acted."""

    kind = "receipt"
    fault: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Lifted(Kind):
    """One fault is over (its rule was removed, its server runs again)."""

    kind = "lifted"
    fault: str


@dataclass(frozen=True, slots=True)
class Heal(Kind):
    """Every fault and rule is removed, whatever was stopped runs again."""

    kind = "heal"


@dataclass(frozen=True, slots=True)
class Settled(Kind):
    """Nothing in flight, nothing pending, two equal views in a row; or not, within the bound."""

    kind = "settled"
    reached: bool
    bound_ms: float
    took_ms: float = 0.0
    missing: str = ""  # what was still going on, if it was not reached


@dataclass(frozen=True, slots=True)
class Expectation(Kind):
    """What the scenario expected at this step, and what was found."""

    kind = "expectation"
    step: int
    that: str
    met: bool
    expected: str = ""  # in words: `bob/1 shows "espresso #o1"`
    found: str = ""
    tab: str = ""


@dataclass(frozen=True, slots=True)
class Stopped(Kind):
    """The run could not go on as written: a wait ran out, a replay diverged."""

    kind = "stopped"
    step: int
    why: str


@dataclass(frozen=True, slots=True)
class Note(Kind):
    kind = "note"
    text: str
    about: Foreign = None


@dataclass(frozen=True, slots=True)
class Bypass(Kind):
    """The browser reported a socket or request that the wire never saw."""

    kind = "bypass"
    host: str
    tab: str = ""
    what: str = ""

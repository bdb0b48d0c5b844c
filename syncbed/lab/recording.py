"""What was done in the lab, as a scenario: read from the trace alone, so that there is no second book.

Whatever the lab does it does as a step of the scenario format, and writes that step into the trace. What a
person did inside a page the page reports as an op; what became of a tab by itself (a window opened, reloaded,
closed) the driver writes. All three in the order of the trace are the recording. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..checkers import Verdict
from ..held.schedule import ABOUT_MESSAGES
from ..scenario import CAPS, Profile, Scenario
from ..scenario.meaning import driver_needs, op_names
from ..scenario.schema import MISSING, Fields
from ..scenario.steps import CONDITIONS, EXPECTATIONS, ID, OPS, STEPS
from ..trace import Fail, Info, Invoke, Kind, Note, Ok, Record, Step, TabLife
from ..trace.tokens import TOKEN
from .free import judges_in_question

TITLE = "What I did in the lab"
CONNECTED_MS = 10_000
NEW_PROFILE = Profile(0, "a")
LIVES = {"opened": "open", "reloaded": "reload", "closed": "close"}
# Steps that bring such a life about, in the tab that they name.
MAKES = {"open": "opened", "reload": "reloaded", "close": "closed", "duplicate_tab": "opened"}
NOT_TAKEN = "the step could not be taken"
NOT_FOR_A_FILE = ("pause",)


def steps_of(records: Iterable[Record[Kind]]) -> list[dict[str, Any]]:
    """The steps that were taken, in their order, each as it may stand in a file."""
    walk = _Walk()
    for record in records:
        walk.take(record.what)
    return walk.steps


def recorded(
    base: Scenario, records: Sequence[Record[Kind]], caps: Sequence[str], verdict: Verdict | None
) -> dict[str, Any]:
    """The JSON of a scenario that does the same again; `base` is what the world was made for."""
    walk = _Walk()
    for record in records:
        walk.take(record.what)
    profiles = _profiles(base, walk)
    steps = walk.steps
    if base.mode == "free" and not (steps and steps[0]["do"] == "wait") and "server_authority" in caps:
        steps = [*_connected(profiles), *steps]
    steps = steps or [{"do": "settle"}]
    found: dict[str, Any] = {
        "syncbed": 1,
        "title": base.title or TITLE,
        "about": base.about or "Recorded in the lab.",
        "profiles": profiles,
        "needs": _needs(base, steps, caps),
        "judges": _judges(judges_in_question(base, records), steps),
        **_outcome(verdict, base),
        "steps": steps,
    }
    for key in ("world", "collection", "dialect", "seed", "settle_ms_max"):
        if key in base.raw:
            found[key] = base.raw[key]
    if base.mode == "held":
        found["mode"] = "held"
    if base.bug is not None:
        found["bug"] = base.bug
    return {key: found[key] for key in sorted(found, key=lambda key: key == "steps")}


class _Walk:
    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.tabs_at_first: list[str] = []
        self._ops: set[str] = set()  # of steps: their invokes are told already
        self._own: dict[str, int] = {}  # op of a page's own user -> its place in steps
        self._lives: list[tuple[str, str]] = []  # (tab, did) that a step has asked for
        self._held = False
        self._last_number = -1

    def take(self, what: Kind) -> None:
        match what:
            case Step(does=Mapping() as does) if does.get("do") not in NOT_FOR_A_FILE:
                self._step(what.step, does)
            case Note(text=text, about=Mapping() as about) if text == NOT_TAKEN:
                if self.steps and about.get("step") == self._last_number:
                    self.steps.pop()
            case Invoke() if what.op not in self._ops:
                self._invoke(what)
            case Ok(op=op) | Fail(op=op) | Info(op=op) if op in self._own:
                self._ended(op)
            case TabLife(tab=tab, did=did) if did in LIVES:
                self._life(tab, did)
            case _:
                pass

    def _step(self, number: int, does: Mapping[str, Any]) -> None:
        do = str(does.get("do"))
        self._last_number = number
        keys = {key: value for key, value in does.items() if key != "do"}
        names = op_names(do, keys, number)
        if do in OPS and "id" in STEPS[do].entries:
            # An op without an id is called by its place in the file, which is another one here.
            keys["id"] = _op_id(names[0].removesuffix("-1") if keys.get("times", 1) > 1 else names[0])
        self._ops.update(names)
        if do in MAKES:
            self._lives.append((str(keys.get("as", keys.get("tab"))), MAKES[do]))
        self._held = {"hold": True, "go": False, "heal": False}.get(do, self._held)
        self.steps.append(as_written(do, keys))

    def _invoke(self, what: Invoke) -> None:
        self._ops.add(what.op)
        keys: dict[str, Any] = {"tab": what.tab, "id": _op_id(what.op)}
        value = what.value if isinstance(what.value, Mapping) else {}
        match what.act:
            case "put":
                title = TOKEN.sub("", str(value.get("title") or what.key))
                keys |= {"key": what.key, "title": title, "done": value.get("done") is True}
            case "remove":
                keys |= {"key": what.key}
            case "publish":
                keys |= {"channel": what.key, "title": TOKEN.sub("", str(value.get("title") or "published"))}
            case "call":
                keys |= {"topic": what.key, "payload": what.value}
            case "subscribe" | "unsubscribe":
                keys |= {"channel": what.key}
            case _:
                pass
        if "id" not in STEPS[what.act].entries:
            del keys["id"]
        elif what.act in ("put", "remove") and not self._held:
            self._own[what.op] = len(self.steps)
        self.steps.append(as_written(what.act, keys))

    def _ended(self, op: str) -> None:
        """The server had answered before anything else was done, so the replay waits for that, too."""
        if self._own.pop(op) == len(self.steps) - 1:
            self.steps[-1]["until"] = "server"

    def _life(self, tab: str, did: str) -> None:
        if (tab, did) in self._lives:
            self._lives.remove((tab, did))
        elif did == "opened" and not self.steps:
            self.tabs_at_first.append(tab)
        elif did == "opened" and self.steps and tab in self._open_tabs():
            self.steps.append({"do": "reload", "tab": tab})
        else:
            self.steps.append({"do": LIVES[did], "tab": tab})

    def _open_tabs(self) -> set[str]:
        there = set(self.tabs_at_first)
        for step in self.steps:
            if step["do"] == "open":
                there.add(step["tab"])
            elif step["do"] in ("close", "crash"):
                there.discard(step["tab"])
        return there


def as_written(do: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """A step without what goes without saying."""
    kept = _said(STEPS[do], keys)
    if do in ABOUT_MESSAGES:  # by hand it is there or not; a replay may have to wait until it is
        kept.pop("within_ms", None)
    if "rule" in kept:
        kept["rule"] = {k: v for k, v in kept["rule"].items() if k not in ("fitted", "acted", "hit")}
    for key, cases in (("for", CONDITIONS), ("that", EXPECTATIONS)):
        if key in kept:
            kept[key] = {"is": kept[key]["is"], **_said(cases[kept[key]["is"]], kept[key])}
    return {"do": do, **kept}


def _said(fields: Fields, keys: Mapping[str, Any]) -> dict[str, Any]:
    entries = fields.entries
    return {
        key: value
        for key, value in keys.items()
        if key in entries and (entries[key].default is MISSING or value != entries[key].default)
    }


def _op_id(name: str) -> str:
    """A name that may stand in a file: `o7` is what steps without one are called."""
    plain = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")[:24] or "op"
    if re.fullmatch(r"o[0-9]+", plain) or not plain[0].isalpha():
        plain = f"op-{plain.removeprefix('o')}"
    assert re.fullmatch(ID.pattern, plain)
    return plain


def _connected(profiles: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a person waits for without thinking of it: that the tabs that are there at first are connected."""
    tabs = [f"{name}/{n}" for name, profile in profiles.items() for n in range(1, profile.get("tabs", 1) + 1)]
    states = [{"is": "state", "tab": tab, "state": "connected"} for tab in tabs]
    return [*({"do": "wait", "for": state, "within_ms": CONNECTED_MS} for state in states), {"do": "settle"}]


def _profiles(base: Scenario, walk: _Walk) -> dict[str, Any]:
    """Who takes part. The format opens a tab of each at the start, so one that came later comes first."""
    found: dict[str, Any] = {}
    later = [str(step.get("tab") or step.get("as") or "").partition("/")[0] for step in walk.steps]
    tabs = [tab.partition("/")[0] for tab in walk.tabs_at_first]
    for name in dict.fromkeys([*base.profiles, *tabs, *filter(None, later)]):
        profile = base.profiles.get(name, NEW_PROFILE)
        numbers = [int(tab.rpartition("/")[2]) for tab in walk.tabs_at_first if tab.startswith(f"{name}/")]
        if not profile.tabs and not numbers:
            late = {"do": "open", "tab": f"{name}/1"}
            if late in walk.steps:
                walk.steps.remove(late)
            elif not any(_is_of(step, name) for step in walk.steps):
                continue
        count = max([profile.tabs, *numbers, 1])
        found[name] = {"tabs": count} if count > 1 else {}
        if profile.instance != "a":
            found[name]["instance"] = profile.instance
    return found or {next(iter(base.profiles)): {}}


def _is_of(step: Mapping[str, Any], profile: str) -> bool:
    whose = str(step.get("tab") or step.get("on") or step.get("profile") or "")
    return whose == profile or whose.startswith(f"{profile}/")


def _needs(base: Scenario, steps: Sequence[Mapping[str, Any]], caps: Sequence[str]) -> list[str]:
    claimed = [name for name in base.needs if name in CAPS] or [n for n in caps if n == "server_authority"]
    used: dict[str, None] = {"hold": None} if base.mode == "held" else {}
    for step in steps:
        keys = {key: value for key, value in step.items() if key != "do"}
        used.update(dict.fromkeys(driver_needs(step["do"], keys)))
    return [*claimed, *(name for name in used if name not in claimed)]


def _judges(judges: Sequence[str], steps: Sequence[Mapping[str, Any]]) -> list[str]:
    expects = any(step["do"] == "expect" for step in steps)
    found = [name for name in judges if name != "expectations"]
    return [*found, "expectations"] if expects else found


def _outcome(verdict: Verdict | None, base: Scenario) -> dict[str, Any]:
    violated = verdict.violated() if verdict is not None and verdict.status == "violated" else []
    if not violated:
        return {}
    because = base.because or "this is what was seen in the lab when it was recorded"
    return {"expected": "violated", "violates": violated, "because": because}

"""What the page may ask for: one table, name -> what it takes and what is done.

Arguments are checked as the scenario format checks its files: whatever is wrong is told with its place and
what is allowed there. Most commands are steps of that format, so that what a person does can be written down.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..scenario.schema import Check, Checked, Entry, Fields, Flag, OneOf, Problems, Text, Whole
from ..scenario.steps import CHANNEL, ID, KEY, MESSAGE, MS_MAX, OPS, PROFILE, TAB, TABS
from ..zoo import ZOO
from .errors import LabError

if TYPE_CHECKING:
    from .lab import Lab

Args = Mapping[str, Any]
NAME = Text(200)
RECORD = Whole(0, 10_000_000)
OPENING = ("open", "reload", "close")


@dataclass(frozen=True)
class Command:
    takes: Fields
    run: Callable[[Lab, Args], Awaitable[Any]]


def _command(about: str, run: Callable[[Lab, Args], Awaitable[Any]], **entries: Entry) -> Command:
    return Command(Fields(about, entries), run)


def _step(about: str, step: Callable[[Args], dict[str, Any]], **entries: Entry) -> Command:
    """A command that is a step of a scenario, taken by the person."""
    return _command(about, lambda lab, args: lab.take(step(args)), **entries)


def _message(about: str, does: str) -> Command:
    async def run(lab: Lab, args: Args) -> Any:
        return await lab.take({"do": does, "message": lab.message_name(args["message"]), "within_ms": 0})

    return _command(about, run, message=Entry(MESSAGE, "its id in flight, or its name"))


def _impossible(does: str) -> Command:
    async def run(lab: Lab, args: Args) -> Any:
        return await lab.impossible(does, args["message"])

    about = f"{does.capitalize()} one message of a living connection. Impossible on TCP."
    return _command(about, run, message=Entry(MESSAGE, "its id in flight, or its name"))


def _any(value: Any, path: str, problems: Problems) -> None:
    """Checked by whom it is for."""


def _scenario(value: Any, path: str, problems: Problems) -> None:
    if not isinstance(value, str | dict):
        problems.add(
            path,
            f"{type(value).__name__} cannot stand here",
            ["a name of the gallery", "a scenario", "a link to one"],
        )


def _maybe(value: Any, path: str, problems: Problems) -> None:
    if value is not None and (not isinstance(value, str) or len(value) > 200):
        problems.add(path, f"{value!r} cannot stand here", ["text of at most 200 characters"])


def _bug(value: Any, path: str, problems: Problems) -> None:
    if value is not None and value not in ZOO:
        problems.add(path, f"{value!r} is not known", ZOO)


def _stretch(value: Any, path: str, problems: Problems) -> None:
    """A page counts in parts of a ms; a schedule does not."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MS_MAX:
        problems.add(path, f"{value!r} is no stretch of time", [f"0 to {MS_MAX}"])


# Arguments that stand in several commands.
ANY: Check = Checked(_any, "any JSON")
MAYBE: Check = Checked(_maybe, "text of at most 200 characters")
BUG: Check = Checked(_bug, "a bug of the zoo")
STRETCH: Check = Checked(_stretch, f"0 to {MS_MAX} ms")
SCENARIO: Check = Checked(_scenario, "a name of the gallery, or a scenario")
A_TAB = Entry(TAB, "which tab")
A_SERVER = Entry(NAME, "which server, like a")


async def _open_tab(lab: Lab, args: Args) -> Any:
    tab = await lab.next_tab(args["profile"])
    await lab.take({"do": "open", "tab": tab})
    return {"tab": tab}


async def _add_rule(lab: Lab, args: Args) -> Any:
    rule = lab.named_rule(args["rule"])
    await lab.take({"do": "add_rule", "rule": rule})
    return {"id": rule["id"]}


async def _offline(lab: Lab, args: Args) -> Any:
    tab, fault = args["tab"], f"offline-{args['tab'].replace('/', '-')}"
    if not args["on"]:
        return await lab.take({"do": "remove_rule", "id": fault})
    return await lab.take(
        {"do": "fault", "id": fault, "on": tab, "fault": {"kind": "offline"}, "layer": "any"}
    )


async def _act(lab: Lab, args: Args) -> Any:
    kind = args["kind"]
    given = {key: value for key, value in args.items() if value is not None and key != "kind"}
    if kind == "put":
        given.setdefault("key", lab.new_name("item"))
        given.setdefault("title", given["key"])
    entries = OPS[kind].entries
    if "id" in entries:
        given.setdefault("id", lab.new_name("act"))
    await lab.take({"do": kind, **{key: value for key, value in given.items() if key in entries}})
    return {"id": given.get("id")}


async def _tab_fault(lab: Lab, args: Args) -> Any:
    kind = args["kind"]
    given = {key: value for key, value in args.items() if value is not None and key != "kind"}
    if "profile" in TABS[kind].entries:
        given = {"profile": given["tab"].partition("/")[0]}
    return await lab.take({"do": kind, **given})


COMMANDS: dict[str, Command] = {
    # The network
    "hold": _step("Hold the network, and time.", lambda args: {"do": "hold"}),
    "go": _step("Let go.", lambda args: {"do": "go"}),
    "step": _command(
        "Deliver the first message in the list, then wait for quiet.", lambda lab, args: lab.step()
    ),
    "deliver": _message("Deliver a message.", "deliver"),
    "end_before": _message("End its connection: the message is lost.", "end_before"),
    "end_after": _message("Deliver it, then end its connection.", "end_after"),
    "drop": _impossible("drop"),
    "duplicate": _impossible("duplicate"),
    "reorder": _impossible("reorder"),
    "fire": _step(
        "Fire one timer of a page.",
        lambda args: {"do": "fire", "tab": args["tab"], "timer": args["timer"]},
        tab=A_TAB,
        timer=Entry(NAME, "its name, as listed"),
    ),
    "advance": _step(
        "Let time move.",
        lambda args: {"do": "advance", "by_ms": max(1, math.ceil(args["by_ms"]))},
        by_ms=Entry(STRETCH, "how far"),
    ),
    # Faults
    "add_rule": _command(
        "Put a rule of the wire in force. Without an id it is given one.",
        _add_rule,
        rule=Entry(ANY, "a rule of the wire"),
        fault=Entry(MAYBE, "what the page calls it", None),
        tab=Entry(MAYBE, "whom the page did it to", None),
    ),
    "remove_rule": _step(
        "Take a rule out of force.",
        lambda args: {"do": "remove_rule", "id": args["rule"]},
        rule=Entry(ID, "its id"),
    ),
    "heal": _step("Take everything away that was broken on purpose.", lambda args: {"do": "heal"}),
    "offline": _command(
        "Cut a tab off the network, or let it back.", _offline, tab=A_TAB, on=Entry(Flag(), "cut off")
    ),
    "tab_fault": _command(
        "Break a tab.",
        _tab_fault,
        tab=A_TAB,
        kind=Entry(OneOf(tuple(name for name in TABS if name not in OPENING)), "what is done to it"),
        for_ms=Entry(Whole(1, 60_000), "busy: how long", None),
        by_ms=Entry(Whole(-MS_MAX * 100, MS_MAX * 100), "clock_jump: how far", None),
        **{"as": Entry(TAB, "duplicate_tab: the new one", None)},
    ),
    "kill_server": _command(
        "Kill a server.", lambda lab, args: lab.server("kill_server", args["name"]), name=A_SERVER
    ),
    "start_server": _command(
        "Start it again.", lambda lab, args: lab.server("start_server", args["name"]), name=A_SERVER
    ),
    "stop_redis": _step("Stop Redis.", lambda args: {"do": "stop_redis"}),
    "start_redis": _step("Start it again.", lambda args: {"do": "start_redis"}),
    # Tabs
    "open_tab": _command("Open one more tab.", _open_tab, profile=Entry(PROFILE, "whose")),
    "close_tab": _step("Close a tab.", lambda args: {"do": "close", "tab": args["tab"]}, tab=A_TAB),
    "reload": _step("Reload a tab.", lambda args: {"do": "reload", "tab": args["tab"]}, tab=A_TAB),
    "pop_out": _command(
        "Where a pane's page is opened as a window.", lambda lab, args: lab.pop_out(args["tab"]), tab=A_TAB
    ),
    "act": _command(
        "Let a tab's adapter act.",
        _act,
        tab=A_TAB,
        kind=Entry(OneOf(tuple(OPS)), "what it does"),
        key=Entry(KEY, "the item", None),
        title=Entry(Text(150), "what it says", None),
        done=Entry(Flag(), "", None),
        channel=Entry(CHANNEL, "publish, subscribe, unsubscribe: the channel", None),
        topic=Entry(CHANNEL, "call: the topic", None),
        payload=Entry(ANY, "call: what is sent", None),
    ),
    "hosts": _command(
        "Whether the page's browser resolves *.localhost.",
        lambda lab, args: lab.hosts(args["resolves"]),
        resolves=Entry(Flag(), "if not, panes are ports of 127.0.0.1"),
    ),
    # Scenarios
    "load": _command(
        "A fresh world for a scenario; played if asked to.",
        lambda lab, args: lab.load(args["scenario"], bug=args["bug"], fixed=args["fixed"], play=args["play"]),
        scenario=Entry(SCENARIO, "which"),
        bug=Entry(BUG, "a bug of the zoo in place of its own", None),
        fixed=Entry(Flag(), "its twin, without its bug", False),
        play=Entry(Flag(), "begin at once", False),
    ),
    "play": _command("Go on with the script.", lambda lab, args: lab.play()),
    "pause": _command("Stop the script before its next step.", lambda lab, args: lab.pause()),
    "reset": _command("A fresh world like this one.", lambda lab, args: lab.reset()),
    "run_to": _command(
        "A fresh world in which all is done again that was done up to a record; it stays held.",
        lambda lab, args: lab.run_to(args["record"]),
        record=Entry(RECORD, "its number"),
    ),
    "judge": _command("Heal, settle, read the log, and judge.", lambda lab, args: lab.judge()),
    "real_tabs": _command(
        "Play the same in real Chromium tabs, into the same diagram.",
        lambda lab, args: lab.real_tabs(headed=args["headed"]),
        headed=Entry(Flag(), "show the browser", False),
    ),
    "compare": _command("Play the same without its bug, and judge.", lambda lab, args: lab.compare()),
    # What one leaves with
    "record": _command(
        "Begin or end recording what is done.", lambda lab, args: lab.record(args["on"]), on=Entry(Flag(), "")
    ),
    "scenario": _command("What was done, as a scenario.", lambda lab, args: lab.scenario()),
    "link": _command("The same as a link's text.", lambda lab, args: lab.link_text()),
    "issue": _command(
        "The same as an issue's text.",
        lambda lab, args: lab.issue(args["record"]),
        record=Entry(RECORD, "what it is about, if not the witness", None),
    ),
}

TO_A_LIVING_WORLD = (
    *("hold", "go", "step", "deliver", "end_before", "end_after", "drop", "duplicate", "reorder"),
    *("fire", "advance", "add_rule", "remove_rule", "heal", "offline", "tab_fault"),
    *("kill_server", "start_server", "stop_redis", "start_redis"),
    *("open_tab", "close_tab", "reload", "pop_out", "act", "play", "pause", "judge"),
)
"""What nobody can do to a run that has ended."""
ENDED = "this run in real tabs has ended: reset, or open a scenario"


def cannot(*, ended: bool) -> dict[str, str]:
    """The commands that are refused now, and why."""
    return dict.fromkeys(TO_A_LIVING_WORLD, ENDED) if ended else {}


def checked(name: str, given: Args) -> tuple[Command, Args]:
    """The command and its arguments with their defaults. Raises `LabError`."""
    command = COMMANDS.get(name)
    if command is None:
        raise LabError("unknown", f"there is no command {name!r} (allowed: {', '.join(COMMANDS)})")
    problems = Problems()
    found = command.takes.check(given, "", problems)
    if problems:
        raise LabError("invalid", "; ".join(f"{name}: {problem}" for problem in problems))
    return command, found

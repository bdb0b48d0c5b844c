"""docs/scenarios.md, written from the table: `python -m syncbed.scenario.docs > docs/scenarios.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ..wire.faults import FAULTS
from ..zoo import ZOO
from .gallery import gallery
from .scenario import read_scenario
from .schema import MISSING, Entry, Fields
from .steps import CONDITIONS, EXPECTATIONS, GROUPS
from .table import CAPS, DRIVER_NEEDS, SCENARIO

EXAMPLE = "answer-lost-write-committed"


def markdown() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Scenarios"
    yield ""
    yield "<!-- Written by `python -m syncbed.scenario.docs` from the table that checks the files. -->"
    yield ""
    yield (
        "A scenario is a JSON file that says who takes part, what happens and what is judged. The same\n"
        "file runs in real tabs and in the lab. Steps are taken one after the other. After the last one\n"
        "every run heals, settles within `settle_ms_max`, and reads the committed log and the server's\n"
        "items; a file does not say so. What a driver cannot do it refuses by name, before anything runs.\n"
        "\n"
        "Every write carries a *token*, unique in the run: the op's id, which the driver puts at the end\n"
        'of the title, `"flat white #o7"`. Whoever shows or commits the item carries it along.\n'
        "\n"
        "`expected` is the verdict that today's SDK gets. A run is *as expected* (exit code 0) if the\n"
        "verdict is that one and, for `violated`, if exactly the invariants of `violates` were violated."
    )
    yield ""
    yield "```json"
    yield gallery()[EXAMPLE].read_text(encoding="utf-8").rstrip()
    yield "```"
    yield ""
    yield "## The file"
    yield ""
    yield from _keys(SCENARIO.entries)
    for name in ("world", "profiles"):
        yield f"### {name}"
        yield ""
        of: Any = SCENARIO.entries[name].of
        yield from _keys((of if isinstance(of, Fields) else of.of).entries)
    yield "### needs"
    yield ""
    yield f"What the SDK must claim: {_code(CAPS)}."
    yield ""
    yield "Faults of the wire (their JSON is the wire's own), to be named if a step uses them:"
    yield ""
    for kind, fault in FAULTS.items():
        yield f"- `{kind}`: {_about(fault)}"
    yield ""
    yield f"What a driver must be able to do: {_code(dict.fromkeys(DRIVER_NEEDS.values()))}."
    yield ""
    yield "### bug"
    yield ""
    yield (
        "The reference SDK is served with this bug in it, planted by `syncbed/zoo`. The scenario's *twin*\n"
        "is the same without it, and must be ok: `syncbed run NAME --fixed`."
    )
    yield ""
    yield "| bug | what is wrong | must be caught by |"
    yield "|---|---|---|"
    for bug in ZOO.values():
        yield f"| `{bug.name}` | {_pipes(bug.about)} | `{bug.invariant}` |"
    yield ""
    yield "## Steps"
    yield ""
    yield 'A step is an object; `"do"` says which.'
    for title, group in GROUPS.items():
        yield ""
        yield f"### {title}"
        yield ""
        for name, step in group.items():
            yield from _entry(name, step)
    for title, cases in (
        ("Conditions of `wait`", CONDITIONS),
        ("Expectations of `expect`", EXPECTATIONS),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        yield 'An object; `"is"` says which.'
        yield ""
        for name, case in cases.items():
            yield from _entry(name, case)
    yield ""
    yield "## The gallery"
    yield ""
    yield "| scenario | what happens | expected |"
    yield "|---|---|---|"
    for name, path in gallery().items():
        scenario = read_scenario(path)
        because = f": {scenario.because}" if scenario.because else ""
        yield f"| `{name}` | {scenario.title} | {scenario.expected}{because} |"


def _keys(entries: Mapping[str, Entry]) -> Iterator[str]:
    yield "| key | allowed | if left out | what it is |"
    yield "|---|---|---|---|"
    for name, entry in entries.items():
        default = "*needed*" if entry.default is MISSING else f"`{json.dumps(entry.default)}`"
        words = _pipes(entry.of.words()) if len(entry.of.words()) <= 160 else "see below"
        yield f"| `{name}` | {words} | {default} | {_pipes(entry.about)} |"
    yield ""


def _entry(name: str, fields: Fields) -> Iterator[str]:
    yield f"- **`{name}`** {fields.about}"
    for key, entry in fields.entries.items():
        about = f", {entry.about}" if entry.about else ""
        default = "" if entry.default is MISSING else f"; `{json.dumps(entry.default)}` if left out"
        words = entry.of.words() if len(entry.of.words()) <= 160 else "see below"
        yield f"    - `{key}`: {words}{about}{default}"


def _about(fault: type) -> str:
    """The first sentence of the fault's file, which begins with its kind."""
    text = (sys.modules[fault.__module__].__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return text.partition(": ")[2].strip()


def _code(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _pipes(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())

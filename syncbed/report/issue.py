"""A run as a text to paste into an issue: what went wrong, the command that shows it, a small picture.

Pure: scenario, trace and verdict in, Markdown out. What was recorded is somebody else's text: it is
redacted once more, and nothing in it can be read as Markdown, as a mention, as a link or as HTML.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..checkers import INVARIANTS, Verdict, verdict
from ..redaction import redact
from ..scenario import gallery, read_scenario, scenario_text
from ..trace import Trace, read_trace
from .folder import REPRO, TRACE
from .sequence import sequence

ISSUE_CHARACTERS_MAX = 60_000  # GitHub takes 65,536
SCENARIO_FILE = "repro.json"
LINE_CHARACTERS_MAX = 400

_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#@!|~&$:^]")
_REFERENCE = re.compile(r"(?<=&#(?:64|35);)(?=\w)")
NO_WIDTH = "&#8203;"


def issue(
    raw: Mapping[str, Any],
    trace: Trace,
    found: Verdict,
    *,
    of_gallery: str = "",
    record: int | None = None,
    under_test: Sequence[str] = (),
    not_replayable: str = "",
) -> str:
    """The Markdown. `raw` is the scenario's JSON; `of_gallery` its name there if it is unchanged.

    `under_test`: the words that name the servers and the page, if they are not the reference ones;
    `not_replayable`: why no command does it again. Where nothing was violated the
    picture is of what happened around `record`.
    """
    header = trace.header
    parts = [
        f"# {prose(str(raw.get('title', header.title)))}",
        _verdict(found),
        _witness(found),
        not_again(not_replayable) if not_replayable else _reproduce(of_gallery, header.seed, under_test),
        _picture(trace, found, record),
        _world(trace),
    ]
    text = "\n\n".join(part for part in parts if part)
    scenario = _scenario(raw)
    if len(text) + len(scenario) > ISSUE_CHARACTERS_MAX:
        scenario = f"The scenario is too long for an issue: attach it as `{SCENARIO_FILE}`."
    return f"{text}\n\n{scenario}\n"


def issue_of(folder: Path) -> str:
    """The Markdown of a run that left this folder. Raises `OSError` or `TraceError`."""
    scenario = read_scenario(folder / REPRO)
    trace = read_trace(folder / TRACE)
    name = trace.header.scenario
    known = gallery().get(name)
    same = known is not None and scenario.raw["steps"] == read_scenario(known).raw["steps"]
    found = verdict(trace, scenario.judges)
    return issue(scenario.raw, trace, found, of_gallery=name if same else "")


def prose(text: str) -> str:
    """Recorded text as Markdown shows it and never obeys it: one line, no markup, no mention, no link."""
    text = " ".join(redact(text).split())
    if len(text) > LINE_CHARACTERS_MAX:
        text = text[: LINE_CHARACTERS_MAX - 1] + "…"
    text = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", text)
    # A name after @ calls somebody, a number after # links: GitHub reads those after the codes are resolved.
    text = _REFERENCE.sub(NO_WIDTH, text)
    return re.sub(r"(?i)\bwww\.", f"www{NO_WIDTH}.", text)


def fenced(text: str, language: str) -> str:
    """A code block that its own text cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _verdict(verdict: Verdict) -> str:
    lines = [f"**{verdict.status}**: {prose(verdict.reason)}"]
    for finding in verdict.judged():
        if finding.status == "violated":
            name = finding.invariant.replace("_", " ")
            lines.append(f"*{name}* says: {prose(INVARIANTS.get(finding.invariant, ''))}.")
    return "\n\n".join(lines)


def _witness(verdict: Verdict) -> str:
    found = []
    for finding in verdict.judged():
        if finding.status != "violated" or not finding.witness:
            continue
        lines = [
            f"{n}. {prose(sentence)} (record {record.i})"
            for n, (record, sentence) in enumerate(zip(finding.witness, finding.in_words(), strict=True), 1)
        ]
        found.append("\n".join([f"What happened ({finding.invariant.replace('_', ' ')}):", "", *lines]))
    return "\n\n".join(found)


def command_for(scenario: str, seed: int, under_test: Sequence[str]) -> str:
    """What a shell is given to see it happen again, whole."""
    return shlex.join(["syncbed", "run", scenario, "--seed", str(seed), *under_test])


def not_again(why: str) -> str:
    return f"**Not replayable**: {prose(why)}."


def _reproduce(of_gallery: str, seed: int, under_test: Sequence[str]) -> str:
    command = command_for(of_gallery or SCENARIO_FILE, seed, under_test)
    where = "" if of_gallery else f" (the scenario below, saved as `{SCENARIO_FILE}`)"
    return f"To see it happen{where}:\n\n{fenced(command, 'sh')}"


def _picture(trace: Trace, verdict: Verdict, record: int | None) -> str:
    around = [each.i for finding in verdict.judged() for each in finding.witness]
    if not around and record is not None:
        around = [record]
    drawn = sequence(trace, around)
    return fenced(drawn, "mermaid") if drawn else ""


def _world(trace: Trace) -> str:
    header = trace.header
    versions = ", ".join(f"{name} {version}" for name, version in header.versions.items())
    return prose(
        f"Seen with {versions or 'syncbed'}; driver {header.driver}, {header.mode}, seed {header.seed}."
    )


def _scenario(raw: Mapping[str, Any]) -> str:
    block = fenced(scenario_text(redact(raw)), "json")
    return f"<details>\n<summary>The scenario</summary>\n\n{block}\n\n</details>"

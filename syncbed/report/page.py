"""report.html: one file that opens from a disk and asks nobody for anything.

Everything that was recorded is data: it stands in a JSON block in which no tag can end or begin, and
the page writes it with `textContent` alone. The page's own script is the only one that its policy lets
run, by its hash. The diagram is the lab's own: its modules are put into that script (`modules.py`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from typing import Any

from ..checkers import INVARIANTS, Verdict, exit_code
from ..scenario import Scenario
from ..trace import Clock, Trace
from ..world.reference import reference_root
from .modules import bundle
from .rows import rows

DIAGRAM = "static/lab/diagram/report.js"


def render(scenario: Scenario, trace: Trace, verdict: Verdict) -> str:
    """The page of one run."""
    own, style, page = (_file(name) for name in ("page.js", "page.css", "page.html"))
    script = f"'use strict';\n{bundle(reference_root() / DIAGRAM)}{own}"
    parts = {
        "{{title}}": escape(f"{verdict.status}: {scenario.title}"),
        "{{script_hash}}": _hash(script),
        "{{style_hash}}": _hash(style),
        "{{style}}": style,
        "{{script}}": script,
        "{{run}}": safe_json(_run(scenario, trace, verdict)),
    }
    # In one pass: what is filled in is never looked at again.
    found, rest = [], page
    while rest:
        at = rest.find("{{")
        end = rest.find("}}", at) + 2
        if at < 0 or end < 2:
            break
        found += [rest[:at], parts[rest[at:end]]]
        rest = rest[end:]
    return "".join([*found, rest])


def safe_json(value: Any) -> str:
    """JSON that can stand in a script element: no tag, no comment, no line separator in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _run(scenario: Scenario, trace: Trace, verdict: Verdict) -> dict[str, Any]:
    header = trace.header
    return {
        "title": scenario.title,
        "about": scenario.about,
        "verdict": verdict.status,
        "reason": verdict.reason,
        "doubts": list(verdict.doubts),
        "expected": scenario.expected,
        "because": scenario.because or "",
        "asExpected": exit_code(verdict, scenario.expected, scenario.violates) == 0,
        "facts": _facts(scenario, trace),
        "uncontrolled": list(header.uncontrolled),
        "findings": [
            {
                **finding.to_json(),
                "says": INVARIANTS[finding.invariant],
                "judged": finding.invariant in verdict.judges,
            }
            for finding in verdict.findings
        ],
        "steps": [json.dumps(step, ensure_ascii=False) for step in scenario.raw["steps"]],
        "records": rows(trace.records),
    }


def _facts(scenario: Scenario, trace: Trace) -> list[tuple[str, str]]:
    header = trace.header
    errors = {clock.what.of: clock.what.error_ms for clock in trace.all(Clock)}
    profiles = ", ".join(
        f"{name} ({profile.tabs} tab{'' if profile.tabs == 1 else 's'}, instance {profile.instance})"
        for name, profile in scenario.profiles.items()
    )
    world = scenario.world
    facts = [
        ("scenario", scenario.name),
        ("seed", str(header.seed)),
        ("mode", header.mode),
        ("driver", header.driver),
        ("world", f"{world.instances} × {world.broker}" + (", append-only file" * world.append_only)),
        ("profiles", profiles),
        ("the SDK claims", ", ".join(header.caps)),
        ("versions", ", ".join(f"{name} {version}" for name, version in header.versions.items())),
        ("clock error, ms", ", ".join(f"{source} {error:g}" for source, error in errors.items())),
        ("records", str(len(trace.records))),
    ]
    return [(name, value) for name, value in facts if value]


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")

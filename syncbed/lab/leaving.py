"""What one leaves a world with: what was done, as a scenario, and what was seen, as an issue."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ..report.issue import issue
from ..scenario import Scenario, gallery, parse_scenario
from .errors import LabError
from .recording import recorded
from .world import NOT_REPLAYABLE, LabWorld


def recording_of(world: LabWorld, words: Sequence[str]) -> Scenario:
    """What was done, checked as any file. `words`: how a command line names what is under test."""
    trace = world.trace()
    if trace is None:
        raise LabError("no_world", "nothing was recorded yet")
    verdict = world.judging.found if world.judging.final else None
    raw = recorded(world.base, trace.records, world.session.caps, verdict)
    if world.no_adapter:
        raw["about"] += f" Not replayable: {NOT_REPLAYABLE}."
    elif words:
        raw["about"] += f" Recorded with {shlex.join(words)}."
    return parse_scenario(raw, "recorded")


async def issue_text(world: LabWorld, words: Sequence[str], record: int | None) -> str:
    trace = world.trace()
    found = world.judging.found or await world.judging.now(final=False)
    if trace is None or found is None:
        raise LabError("no_world", "nothing was recorded yet")
    script = world.script
    unchanged = script is not None and not script.off_script and script.scenario.name in gallery()
    scenario = script.scenario if script is not None and unchanged else recording_of(world, words)
    return issue(
        scenario.raw,
        trace,
        found,
        of_gallery=scenario.name if unchanged else "",
        record=record,
        under_test=words,
        not_replayable=NOT_REPLAYABLE if world.no_adapter else "",
    )

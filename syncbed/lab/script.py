"""The scenario that is being played in the lab: where it stands, and who does the next step.

It stops at a pause. If the person then takes the very step that comes next, it goes on from after that by
itself; if another, the script is left and the world is theirs. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..scenario import Scenario, Step
from .recording import as_written

BY_HAND = "Paused. Play goes on with the next step."
# How long somebody waits is not what they choose.
NOT_THE_CHOICE = ("within_ms", "until", "id")


class Script:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.position = 0
        """How many steps were taken; the next one's index."""
        self.paused: str | None = None
        """Why it stands still, in words; None while it plays, or before and after."""
        self.off_script = False
        self.started = False

    @property
    def next(self) -> Step | None:
        steps = self.scenario.steps
        return steps[self.position] if self.position < len(steps) else None

    @property
    def over(self) -> bool:
        return self.next is None

    def pause(self, why: str = BY_HAND) -> None:
        if not self.over:
            self.paused = why

    def go_on(self) -> None:
        self.started = True
        self.paused = None

    def took(self, do: str, keys: Mapping[str, Any]) -> bool:
        """A person takes a step; whether it is the script's own next, which is thereby taken.

        What is done before the script was begun belongs to nobody's script.
        """
        if not self.started or self.over or self.off_script:
            return False
        step = self.next
        assert step is not None
        if self.paused is not None and _choice(step.do, step.keys) == _choice(do, keys):
            self.position += 1
            return True
        self.leave()
        return False

    def leave(self) -> None:
        if self.started and not self.over:
            self.off_script, self.paused = True, None

    def rejoin(self, done: Sequence[Mapping[str, Any]]) -> None:
        """These steps were taken again in a fresh world: it goes on if they are its own first ones."""
        self.started = True
        own = [step for step in self.scenario.steps if step.do != "pause"][: len(done)]
        if [_choice(step.do, step.keys) for step in own] != [
            _choice(str(step["do"]), {key: value for key, value in step.items() if key != "do"})
            for step in done
        ]:
            self.off_script = True
            return
        taken = 0
        for step in self.scenario.steps:
            if taken == len(done):
                break
            taken += step.do != "pause"
            self.position += 1
        if not self.over:
            self.paused = BY_HAND

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.scenario.name,
            "title": self.scenario.title,
            "step": self.position,
            "steps": len(self.scenario.steps),
            "paused": self.paused,
            "off_script": self.off_script,
        }


def _choice(do: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """What a step comes to, without what it may be called and how long it may take."""
    return {key: value for key, value in as_written(do, keys).items() if key not in NOT_THE_CHOICE}

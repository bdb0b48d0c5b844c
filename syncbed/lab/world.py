"""The running world of the lab: a session of `run`, the script that is played in it, what was judged of it.

Everything that is done to it is a step of the scenario format, whoever does it, one after the other. What
goes wrong with a step is an answer; the world goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..checkers import Verdict
from ..evidence import BED, DRIVER
from ..held import DivergedError
from ..run.errors import RunError, StoppedError
from ..run.player import STOPPING, be_ready, finish, lacks, play_step
from ..run.session import Session
from ..scenario import Scenario, Step
from ..scenario.schema import Problems
from ..scenario.steps import ANY_STEP, OPS
from ..trace import Invoke, Kind, Note, Record, Stopped, Trace
from ..trace import Step as StepRecord
from .errors import LabError
from .free import judges_in_question
from .judging import Judging, judges_of, with_caps
from .place import CUT_SHORT, Place
from .recording import NOT_TAKEN
from .script import Script

NOT_REPLAYABLE = "no adapter recorded what was done in the pages"
NO_ADAPTER = "no adapter: nobody knows what the tabs show, so nothing is judged"
FAILING = (*STOPPING, RunError, OSError)
"""What a step may end with, and the world goes on."""


NO_VIEWS = (
    "no tab has an adapter (window.bed), so nobody knows what they show and there is nothing to judge; "
    "frames, faults, holding and the diagram work all the same: docs/writing-an-adapter.md"
)


class LabWorld:
    """`base` is what the world was made for; `script` what is played in it, if anything."""

    def __init__(
        self, base: Scenario, session: Session, *, changed: Callable[[], None], script: Script | None = None
    ) -> None:
        self.base = base
        self.session = session
        self.script = script
        self.busy = ""
        self.ended = False
        """It was played to its end, and its tabs are gone: nothing can be done to it any more."""
        self.judging = Judging(
            self.trace, self._judges, changed, lambda: NO_ADAPTER if self.no_adapter else ""
        )
        self._changed = changed
        self._turn = asyncio.Lock()
        self._taken = 0
        self._place: Place | None = None  # where a replay is to stop
        self._ops: set[str] = set()  # of steps: others are a page's own user's
        self._playing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # What there is

    def trace(self) -> Trace | None:
        """So far; None before it has begun."""
        try:
            return with_caps(self.session.recorder.trace(), self.session.caps)
        except AssertionError:  # no header yet
            return None

    @property
    def no_adapter(self) -> bool:
        """Somebody else's app, and no page of it claims anything."""
        return bool(self.session.options.upstreams) and not self.session.caps

    @property
    def holding(self) -> bool:
        return self.session.held is not None and self.session.held.holding

    def recorded(self, record: Record[Kind]) -> None:
        """One more record in the trace."""
        what = record.what
        if isinstance(what, Invoke) and what.op not in self._ops:
            self.judging.anew()
            if self.script is not None:
                self.script.leave()
        if self._place is not None and not self._place.reached and self._place.take(what):
            self._shut()
        self.judging.soon()

    def came_unasked(self) -> None:
        """A document that nobody had asked for is there: in a held world it is not quiet yet."""
        task = asyncio.create_task(self._quiet())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # By the person

    async def take(self, raw: Mapping[str, Any]) -> None:
        """Take a step. Raises `LabError`."""
        step = self._step(raw)
        of_script = self.script is not None and self.script.took(step.do, step.keys)
        if of_script and self.script is not None:
            step = self.script.scenario.steps[self.script.position - 1]
        try:
            async with self._turn:
                self.judging.anew()
                await self._play_step(step)
        except FAILING as error:
            if not isinstance(error, StoppedError):  # then nothing was done
                self.session.recorder.write(DRIVER, Note(NOT_TAKEN, {"step": step.number, "why": str(error)}))
            code = "diverged" if isinstance(error, DivergedError) else "world"
            raise LabError(code, str(error)) from error
        finally:
            self._changed()
        if of_script:
            self.play()

    # The script

    def play(self) -> None:
        """Go on with the script until it pauses or is over. Raises `LabError`."""
        if self.script is None:
            raise LabError("refused", "no scenario is loaded: choose one of the gallery")
        if self.script.off_script:
            raise LabError(
                "refused", "the script was left, its next step may not fit any more: load it again"
            )
        if self.is_playing:
            return
        self.script.go_on()
        self._playing = asyncio.create_task(self._play())

    @property
    def is_playing(self) -> bool:
        return self._playing is not None and not self._playing.done()

    def pause(self) -> None:
        if self.script is not None and self.is_playing:
            self.script.pause()
            self._changed()

    async def played(self) -> None:
        """Wait until the script pauses, fails or is over."""
        if self._playing is not None:
            await asyncio.gather(self._playing, return_exceptions=True)

    async def play_all(self, steps: list[Step]) -> None:
        """Take these steps without a pause. Raises `LabError`, with the number of the step that failed."""
        async with self._turn:
            await self._be_ready()
            for number, step in enumerate(steps, 1):
                self._say(f"playing step {number} of {len(steps)}")
                try:
                    await self._play_step(step)
                except FAILING as error:
                    self.session.recorder.write(BED, Stopped(step.number, str(error)))
                    raise LabError("diverged", f"diverged at step {number} ({step.do}): {error}") from error
                finally:
                    self._say("")

    async def play_to(self, steps: list[Step], place: Place) -> bool:
        """Take these steps, the last one no further than to a place of another run. Whether it came there.

        Where the world is not held it may come there after the last step, too. Raises `LabError`.
        """
        async with self._turn:
            self._place = place
            self._say("playing to that place")
            try:
                for step in steps[:-1]:
                    await self._play_step(step)
                await self._play_to(steps[-1], place)
                if not place.reached and not self.holding:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(place.come.wait(), place.within_ms / 1000)
            except FAILING as error:
                self.session.recorder.write(BED, Stopped(steps[-1].number, str(error)))
                raise LabError("diverged", f"diverged at step {steps[-1].number}: {error}") from error
            finally:
                self._place = None
                self._say("")
        return place.reached

    async def judge(self) -> Verdict | None:
        """Heal, settle, read the server's last word, judge."""
        if not self.session.caps:
            raise LabError("refused", NO_VIEWS)
        async with self._turn:
            self._say("healing, settling and judging")
            try:
                await finish(self.session)
                return await self.judging.now(final=True)
            except FAILING as error:
                raise LabError("world", str(error)) from error
            finally:
                self._say("")

    async def hold(self) -> None:
        """Hold it where it stands, whoever's turn it is."""
        if not self.holding and self.session.held is not None:
            async with self._turn:
                await self._play_step(self._step({"do": "hold"}))
                self._changed()

    async def close(self) -> None:
        running = [*self._tasks, *([self._playing] if self._playing is not None else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.judging.close()

    # Private

    async def _play_to(self, step: Step, place: Place) -> None:
        playing = asyncio.create_task(self._play_step(step))
        coming = asyncio.create_task(place.come.wait())
        try:
            first = [playing, coming] if step.do in CUT_SHORT else [playing]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
                return
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            if step.do not in OPS:
                why = "the run was to stop in the middle of it"
                self.session.recorder.write(DRIVER, Note(NOT_TAKEN, {"step": step.number, "why": why}))
        finally:
            coming.cancel()
            playing.cancel()

    def _judges(self, trace: Trace) -> list[str]:
        on_script = self.script is not None and not self.script.off_script
        return judges_of(trace, judges_in_question(self.base, trace.records), on_script=on_script)

    def _shut(self) -> None:
        """From here on messages wait: at once, though others be on their way out at this moment."""
        self.session.wire.gate.shut()
        asyncio.get_running_loop().call_soon(self.session.wire.set_mode, "held")

    async def _quiet(self) -> None:
        async with self._turn:
            try:
                if self.session.held is not None:
                    await self.session.held.quiet()
            except FAILING as error:
                self.session.recorder.write(BED, Note(f"not quiet after a document came by itself: {error}"))
        self._changed()

    def _step(self, raw: Mapping[str, Any]) -> Step:
        problems = Problems()
        found = ANY_STEP.check(raw, "", problems)
        if problems:
            raise LabError("invalid", "; ".join(map(str, problems)))
        number = self._taken + (len(self.script.scenario.steps) if self.script is not None else 0)
        self._taken += 1
        return Step(number, found["do"], {key: value for key, value in found.items() if key != "do"})

    async def _play_step(self, step: Step) -> None:
        self._ops.update(step.ops)
        await play_step(self.session, step)

    async def _be_ready(self) -> None:
        if self.script is not None and (lacking := lacks(self.session)):
            raise LabError(
                "refused", f"the SDK in the panes does not claim {lacking}, which this scenario needs"
            )
        await be_ready(self.session)

    async def _play(self) -> None:
        script = self.script
        assert script is not None
        try:
            if script.position == 0:
                async with self._turn:
                    self._say("waiting until the tabs are ready")
                    await self._be_ready()
            await self._play_on(script)
        except LabError as error:
            script.pause(error.text)
        except FAILING as error:
            number = script.position
            self.session.recorder.write(BED, Stopped(number, str(error)))
            script.pause(f"Stopped at step {number + 1}: {error}")
        finally:
            self._say("")
        if script.over and not script.off_script:
            with suppress(LabError):  # what it says stands in the trace
                await self.judge()

    async def _play_on(self, script: Script) -> None:
        while (step := script.next) is not None and script.paused is None and not script.off_script:
            if step.do == "pause":
                self.session.recorder.write(DRIVER, StepRecord(step.number, step.to_json()))
                script.position += 1
                script.pause(step["text"])
                return
            self._say(f"playing step {step.number + 1} of {len(script.scenario.steps)}")
            async with self._turn:
                if script.off_script:
                    return
                script.position += 1
                try:
                    await self._play_step(step)
                except BaseException:
                    script.position -= 1
                    raise

    def _say(self, busy: str) -> None:
        self.busy = busy
        self._changed()

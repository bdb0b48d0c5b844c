"""A world that is kept from case to case: its servers, its wire and its tabs are warm, each case is new.

A case is still all that a run is: its steps, heal, settle, the server's last word, and the verdict, on
everything that the world has seen by then. A world is left, with its trace and report, when something went
wrong in it, and when it has seen enough: judging it would grow dear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from e2e.driver.conftest import LEAST, Stage
from e2e.engine.story import CONVERGED, Step, of_alice_and_bob
from syncbed.checkers import Verdict
from syncbed.evidence import BED
from syncbed.report import write_run
from syncbed.run.player import STOPPING, be_ready, finish, judge, play_step
from syncbed.run.session import ADAPTER, Options, Session
from syncbed.scenario import Step as ReadStep
from syncbed.scenario import parse_scenario
from syncbed.scenario.schema import Problems
from syncbed.scenario.steps import ANY_STEP
from syncbed.trace import Stopped, Trace

CASES_MAX = 26
IMPATIENT = "reconnectDelay=20&reconnectDelayMax=200&retryDelay=20&retryDelayMax=200"
"""The SDK's waits, for those who have hundreds of outages before them."""

Case = Callable[[int], list[Step]]
"""The steps of a case, by its number in its world, from 1."""


class Kept:
    """Alice's two tabs, the first of which leads, and Bob's, where messages may be held at any moment.

    `waits` are the SDK's options, as they stand in the adapter's address; `keys` are a scenario's: `bug`.
    """

    def __init__(self, stage: Stage, folder: Path, waits: str = IMPATIENT, **keys: Any) -> None:
        self._stage = stage
        self._folder = folder
        self._waits = waits
        self._keys = keys
        self._worlds = 0
        self._cases = 0
        self._session: Session | None = None

    def play(self, case: Case) -> Verdict:
        """A whole case. A world that is not ok any more is left behind."""
        return self._stage.wait(self._play(case))

    def take(self, *steps: Step) -> Session:
        """Some steps only, in a world that nobody judges yet."""
        return self._stage.wait(self._take(steps))

    def judge(self) -> tuple[Verdict, Trace]:
        """Heal, settle, the server's last word, the verdict."""
        return self._stage.wait(self._judge())

    def close(self) -> None:
        self._stage.wait(self._leave())

    # Private

    async def _play(self, case: Case) -> Verdict:
        session = await self._take(case(self._cases + 1))
        found, trace = await self._judge()
        if found.status != "ok":
            write_run(self._world(), session.scenario, trace, found)
        if found.status != "ok" or self._cases == CASES_MAX:
            await self._leave()
        return found

    async def _take(self, steps: Iterable[Step]) -> Session:
        session = self._session or await self._enter()
        self._cases += 1
        try:
            for step in steps:
                await play_step(session, self._read(session, step))
        except STOPPING as error:
            session.recorder.write(BED, Stopped(self._cases, str(error)))
        return session

    async def _judge(self) -> tuple[Verdict, Trace]:
        session = self._session
        assert session is not None
        await finish(session)
        return judge(session), session.recorder.trace()

    def _read(self, session: Session, raw: Step) -> ReadStep:
        problems = Problems()
        keys = ANY_STEP.check(raw, "", problems)
        assert not problems, problems
        step = ReadStep(self._cases, keys.pop("do"), keys)
        pattern = str(step.keys.get("message", ""))
        if "*" not in pattern or session.held is None:
            return step
        # Of the one message that is in flight now and is called so.
        [name] = (name for name in session.held.in_flight() if fnmatchcase(name, pattern))
        return replace(step, keys={**step.keys, "message": name})

    async def _enter(self) -> Session:
        self._worlds += 1
        self._world().mkdir(parents=True)
        scenario = parse_scenario({**LEAST, **of_alice_and_bob([CONVERGED], needs=[], **self._keys)})
        options = Options(adapter=f"{ADAPTER}?{self._waits}", holdable=True)
        session = Session(scenario, self._stage.tabs(), self._world(), options=options)
        await session.__aenter__()
        self._session = session
        await be_ready(session)
        return session

    async def _leave(self) -> None:
        if self._session is not None:
            session, self._session, self._cases = self._session, None, 0
            await session.__aexit__(None, None, None)

    def _world(self) -> Path:
        return self._folder / f"world-{self._worlds}"

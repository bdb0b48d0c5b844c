"""Which faults of a run have begun, and which of them have shown an effect: for stories that wait for it."""

from __future__ import annotations

from syncbed.checkers import Verdict
from syncbed.evidence import Recorder
from syncbed.trace import Fault, Kind, Receipt, Record

IDLE = "fault had no effect"


def doubts_besides_idle(found: Verdict) -> list[str]:
    """A bench counts the faults whose effect nobody saw, and judges all the same."""
    return [doubt for doubt in found.doubts if not doubt.startswith(IDLE)]


class Acted:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._begun: set[str] = set()
        self._acted: set[str] = set()
        recorder.on_record(self._note)

    async def wait(self, within_ms: float) -> None:
        """Until all that have begun have acted, or so long: some act only when they are healed."""
        await self._recorder.until(lambda: self._begun <= self._acted, within_ms)

    def forget(self) -> None:
        """What has begun by now is healed."""
        self._begun.clear()

    def _note(self, record: Record[Kind]) -> None:
        if isinstance(record.what, Fault):
            self._begun.add(record.what.fault)
        elif isinstance(record.what, Receipt):
            self._acted.add(record.what.fault)

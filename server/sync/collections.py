"""The optimistic-sync service: what the collection endpoints do, without HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..brokers.base import Broker, LogGoneError, Snapshot
from ..core import json_text
from ..core.commit import Mutation, Outcome
from ..core.events import Event, Position
from ..errors import INVALID_FIELD, KINDS, LOG_GONE, REFUSED, SyncbedError
from .write_request import Ids, WriteRequest, parse_ids

STATUS = {"created": 201, "updated": 200, "deleted": 200}
CONSUMES_ID = (404, 409, 422)
"""After another refusal the same write may be sent again, put right, under the same mutation id."""
CARRY_CURRENT_ITEM = ("id_taken", "version_conflict")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]


class Refusals(Protocol):
    """Writes that are to be refused on purpose (test mode)."""

    def take_refusal(self, client_id: str | None, /) -> bool:
        """Whether the client's next write is to be refused; asking uses it up."""

    def give_back_refusal(self, client_id: str | None, /) -> None: ...


class Collections:
    def __init__(
        self,
        broker: Broker,
        new_id: Callable[[], str],
        refusals: Refusals,
        *,
        strict: bool,
    ) -> None:
        self._broker = broker
        self._new_id = new_id
        self._refusals = refusals
        self._strict = strict

    async def read(self, collection: str) -> Snapshot:
        return await self._broker.read(collection)

    async def log(
        self, collection: str, epoch: str | None, offset: int, limit: int
    ) -> tuple[Position, list[Event]]:
        """The position asked for, and the events after it."""
        after = Position(epoch or (await self._broker.position(collection)).epoch, offset)
        try:
            return after, await self._broker.log(collection, after, limit)
        except LogGoneError as gone:
            here = {"epoch": gone.position.epoch, "offset": gone.position.offset}
            raise SyncbedError(LOG_GONE, current=here) from None

    async def write(self, request: WriteRequest) -> Answer:
        """Do the write once; SyncbedError if it is refused, which may consume its mutation id."""
        ids = parse_ids(request.headers)
        on_purpose = self._refusals.take_refusal(ids.client_id)
        try:
            if on_purpose:
                raise SyncbedError(REFUSED)
            mutation = request.mutation(ids, self._new_id, strict=self._strict)
        except SyncbedError as error:
            if ids.mutation_id is None or error.kind.status not in CONSUMES_ID:
                raise
            mutation = _refusal(request, ids, error)
        outcome = await self._broker.commit(request.collection, mutation)
        if on_purpose and outcome.repeated:
            self._refusals.give_back_refusal(ids.client_id)
        return _answer(outcome)


def _refusal(request: WriteRequest, ids: Ids, error: SyncbedError) -> Mutation:
    body = {"message": error.message, "field": error.field}
    return Mutation(
        "refuse",
        request.entity_id or "",
        {},
        client_id=ids.client_id,
        mutation_id=ids.mutation_id,
        refusal=(error.kind.name, body),
        fence=ids.fence,
    )


def _answer(outcome: Outcome) -> Answer:
    status = STATUS.get(outcome.result)
    if status is not None:
        return Answer(status, outcome.body)
    kind = KINDS[outcome.result]
    if outcome.body is None or outcome.result in CARRY_CURRENT_ITEM:
        raise SyncbedError(kind, current=outcome.body)
    raise SyncbedError(kind, **outcome.body)


def log_body(after: Position, events: list[Event]) -> dict[str, Any]:
    """A page of the log. A broadcast has an offset like a commit, and `"commit": false`."""
    rows = [_log_row(event) for event in events]
    return {"epoch": after.epoch, "events": rows, "next": rows[-1]["offset"] if rows else after.offset}


def _log_row(event: Event) -> dict[str, Any]:
    payload = json_text.loads(event.payload)
    told = payload if event.commit else {"payload": payload}
    return {"offset": event.position.offset, "event": event.name, "commit": event.commit, **told}


def parse_log_query(after: str, limit: str, limit_max: int) -> tuple[int, int]:
    """`from` and `limit` of a log request."""
    for field, text in (("from", after), ("limit", limit)):
        if not text.isascii() or not text.isdigit() or len(text) > 16:
            raise SyncbedError(
                INVALID_FIELD, f'"{field}" must be a whole number, not {text[:30]!r}', field=field
            )
    if not 1 <= int(limit) <= limit_max:
        raise SyncbedError(INVALID_FIELD, f'"limit" must be 1 to {limit_max}', field="limit")
    return int(after), int(limit)

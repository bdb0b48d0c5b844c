"""What a mutation does to an item. Pure; the memory broker runs it.

`brokers/lua/commit.lua` says the same for Redis; the broker contract suite holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .json_text import dumps

Op = Literal["create", "update", "delete", "refuse"]
Item = dict[str, Any]
"""`{id, version, ...fields}`; version counts from 1 and grows with every commit to the item."""

EVENT_NAMES: dict[Op, str] = {"create": "created", "update": "updated", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class Mutation:
    """A write that somebody asks for.

    `fields` are all fields of a create, or those that an update changes. `refuse` is a write that was
    refused before it came here: it changes nothing, but its mutation id is consumed and its answer,
    `refusal` (an error name and its body), is remembered like any other.
    """

    op: Op
    entity_id: str
    fields: Mapping[str, Any]
    if_match: int | None = None
    client_id: str | None = None
    mutation_id: int | None = None
    refusal: tuple[str, dict[str, Any]] | None = None
    fence: int | None = None
    """The term of whoever sends for the client; comes with both ids or not at all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mutation ended: `result` is an event name, or the name of the error that refused it.

    `body`: the item; `{id, version}` after a delete; the current item of a conflict; or the error's body.
    """

    result: str
    body: Any
    repeated: bool = False


def apply(mutation: Mutation, item: Item | None) -> Outcome:
    """The outcome of `mutation` on `item`, the one with its entity id, or None if there is none."""
    if mutation.refusal is not None:
        return Outcome(*mutation.refusal)
    if mutation.op == "create":
        if item is not None:
            return Outcome("id_taken", item)
        return Outcome("created", {"id": mutation.entity_id, "version": 1, **mutation.fields})
    if item is None:
        return Outcome("not_found", None)
    if mutation.if_match is not None and mutation.if_match != item["version"]:
        return Outcome("version_conflict", item)
    version = item["version"] + 1
    if mutation.op == "delete":
        return Outcome("deleted", {"id": mutation.entity_id, "version": version})
    return Outcome("updated", {**item, **mutation.fields, "version": version})


def too_large(outcome: Outcome, item_bytes_max: int) -> bool:
    """Whether a commit would leave an item larger than allowed: then it is `body_too_large` instead."""
    return outcome.result in ("created", "updated") and len(dumps(outcome.body)) > item_bytes_max


def event_payload(mutation: Mutation, outcome: Outcome) -> dict[str, Any]:
    """What everybody is told of a commit."""
    return {
        "entity_id": mutation.entity_id,
        "version": outcome.body["version"],
        "client_id": mutation.client_id,
        "mutation_id": mutation.mutation_id,
        "item": None if outcome.result == "deleted" else outcome.body,
    }

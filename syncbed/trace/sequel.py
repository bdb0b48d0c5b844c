"""In which order records are told: as they stand in the trace, but a commit before what tells of it.

The bed reads the committed log some time after it has grown, so a commit's place in the trace is behind the
answer and the events that it caused. The diagram draws it before the first of them; so is it told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .kinds import Commit, Event, Frame, Kind, Ok, View
from .record import Record

Sign = tuple[str, ...]  # what a commit and a record that tells of it have in common


def in_order(records: Sequence[Record[Kind]], chosen: Iterable[Record[Kind]]) -> list[Record[Kind]]:
    """Some records of a trace in the order in which they are told."""
    chosen = list(chosen)
    commits = [record for record in chosen if isinstance(record.what, Commit)]
    first = _first_told(records, commits) if commits else {}

    def place(record: Record[Kind]) -> tuple[int, int, int]:
        told = first.get(record.i, record.i)
        return (told, 0, record.i) if told < record.i else (record.i, 1, record.i)

    return sorted(chosen, key=place)


def _first_told(records: Sequence[Record[Kind]], commits: Sequence[Record[Any]]) -> dict[int, int]:
    """Commit -> the first record that tells of it, for those that are told of before they were read."""
    wanted: dict[Sign, int] = {}
    read = [record for record in records if isinstance(record.what, Commit)]
    twice = _in_several_epochs(read)
    for commit in commits:
        what: Commit = commit.what
        for sign in _signs(what.epoch, what.entity_id, what.version, what.client_id, what.mutation_id):
            if sign not in twice:
                wanted.setdefault(sign, commit.i)
    first: dict[int, int] = {}
    clients: dict[str, str] = {}
    for record in records:
        for sign in _told(record.what, clients):
            if (commit_i := wanted.get(sign)) is not None:
                first.setdefault(commit_i, record.i)
    return first


def _in_several_epochs(commits: Iterable[Record[Any]]) -> set[Sign]:
    """What does not say which of several commits is meant: a new epoch counts versions and offsets anew."""
    epochs: dict[Sign, set[str]] = {}
    for record in commits:
        what: Commit = record.what
        for sign in _signs(None, what.entity_id, what.version, what.client_id, what.mutation_id):
            epochs.setdefault(sign, set()).add(what.epoch)
    return {sign for sign, found in epochs.items() if len(found) > 1}


def _signs(
    epoch: str | None, entity_id: str | None, version: Any, client_id: str | None, mutation_id: Any
) -> Iterator[Sign]:
    if entity_id is not None and version is not None:
        if epoch is not None:
            yield ("item", entity_id, str(version), epoch)
        yield ("item", entity_id, str(version))
    if client_id and mutation_id not in (None, ""):
        yield ("mutation", client_id, str(mutation_id))


def _told(what: Kind, clients: dict[str, str]) -> Iterator[Sign]:
    """The commits that a record tells of. `clients` is filled with who sent which request."""
    match what:
        case Event():
            found = list(_signs(what.epoch, what.entity_id, what.version, what.client_id, what.mutation_id))
            # Which epoch it speaks of is known: what would not say so tells nothing more.
            yield from [sign for sign in found if len(sign) == 4] or found
        case Ok():
            yield from _signs(None, None, None, what.client_id, what.mutation_id)
        case View():
            for item in what.items:
                if isinstance(item, Mapping) and item.get("id") not in what.pending:
                    yield from _signs(None, str(item.get("id")), item.get("version"), None, None)
        case Frame():
            yield from _told_by_frame(what, clients)


def _told_by_frame(what: Frame, clients: dict[str, str]) -> Iterator[Sign]:
    request = f"{what.message.removesuffix(' down').removesuffix(' up')}"
    if what.direction == "up" and what.did == "seen" and what.mutation:
        client = header_in(what.headers, "client-id")
        if client:
            clients[request] = client
    is_answer = what.did == "answer_lost" or (what.stage == "response" and what.did == "seen")
    if is_answer and what.method != "GET" and (what.status or 200) < 300:
        body = json_of(what.payload)
        yield from _signs(None, body.get("id"), body.get("version"), clients.get(request), what.mutation)
    elif what.direction == "down" and what.did == "seen":
        body = json_of(what.payload)
        told = body.get("payload")
        if isinstance(told, Mapping):
            epoch, entity_id, version = body.get("epoch"), told.get("entity_id"), told.get("version")
            found = list(_signs(epoch, entity_id, version, told.get("client_id"), told.get("mutation_id")))
            yield from [sign for sign in found if len(sign) == 4] or found


def json_of(payload: str | None) -> Mapping[str, Any]:
    """The JSON object that a payload is, or an empty one."""
    if not payload or payload[0] != "{":
        return {}
    try:
        found = json.loads(payload)
    except ValueError:
        return {}  # cut, or no JSON at all
    return found if isinstance(found, dict) else {}


def header_in(headers: Any, name: str) -> str:
    """The value of a header that was recorded as [name, value] pairs."""
    for pair in headers or ():
        if isinstance(pair, list | tuple) and len(pair) == 2 and str(pair[0]).lower() == name:
            return str(pair[1])
    return ""

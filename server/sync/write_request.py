"""A write as it comes over HTTP, and the mutation it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..core import json_text
from ..core.commit import Mutation
from ..errors import INVALID_FIELD, INVALID_JSON, VERSION_REQUIRED, SyncbedError
from .schemas import check_fields

WriteOp = Literal["create", "update", "delete"]

ID_CHARS_MAX = 128
INTEGER_MAX = 2**53 - 1
"""The largest integer that a browser counts exactly."""

_VERSION = re.compile(r'(\d{1,16})|"(\d{1,16})"')


@dataclass(frozen=True, slots=True)
class Ids:
    """Who writes, and which of its writes this is: both, or the write is not idempotent."""

    client_id: str | None
    mutation_id: int | None
    fence: int | None = None
    """The term of the tab that sends for the client; an older term than the last one seen is refused."""


def parse_ids(headers: Mapping[str, str]) -> Ids:
    client_id = headers.get("client-id")
    if client_id is not None and not 1 <= len(client_id) <= ID_CHARS_MAX:
        raise _invalid("Client-Id", f"must have 1 to {ID_CHARS_MAX} characters")
    mutation_id = _whole_number(headers, "Mutation-Id")
    fence = _whole_number(headers, "Fence")
    if mutation_id is not None and client_id is None:
        raise _invalid("Client-Id", "must come with a Mutation-Id")
    if fence is not None and mutation_id is None:
        raise _invalid("Mutation-Id", "must come with a Fence")
    return Ids(client_id, mutation_id, fence)


def _whole_number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name.lower())
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,16}", text) or not 1 <= int(text) <= INTEGER_MAX:
        raise _invalid(name, f"must be a whole number from 1 to {INTEGER_MAX}, not {text[:30]!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class WriteRequest:
    collection: str
    op: WriteOp
    entity_id: str | None
    """From the path; None for a create, whose id is in the body or made by the server."""
    headers: Mapping[str, str]
    body: bytes

    def mutation(self, ids: Ids, new_id: Callable[[], str], *, strict: bool) -> Mutation:
        """The mutation asked for, or a SyncbedError that names what is wrong with the request."""
        fields = {} if self.op == "delete" else self._object()
        entity_id = self.entity_id
        if entity_id is None:
            entity_id = fields.pop("id", None)
            if entity_id is None:
                entity_id = new_id()
        elif fields.get("id") == entity_id:
            del fields["id"]  # says again what the path says
        _check_entity_id(entity_id)
        if self.op != "delete":
            fields = check_fields(self.collection, fields, whole=self.op == "create")
        if_match = None if self.op == "create" else self._if_match(strict)
        return Mutation(self.op, entity_id, fields, if_match, ids.client_id, ids.mutation_id, fence=ids.fence)

    def _object(self) -> dict[str, Any]:
        try:
            body = json_text.loads_foreign(self.body)
        except ValueError as error:  # UnicodeDecodeError is one, too
            raise SyncbedError(INVALID_JSON, f"the body is not valid JSON: {error}") from None
        if not isinstance(body, dict):
            raise SyncbedError(INVALID_FIELD, "the body must be a JSON object", field="body")
        return body

    def _if_match(self, strict: bool) -> int | None:
        text = self.headers.get("if-match")
        if text is None and strict:
            raise SyncbedError(VERSION_REQUIRED)
        if text is None or text.strip() == "*":
            return None
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            raise _invalid("If-Match", f"must be a version, like 3, not {text[:30]!r}")
        return int(match[1] or match[2])


def _check_entity_id(entity_id: Any) -> None:
    if not isinstance(entity_id, str) or not 1 <= len(entity_id) <= ID_CHARS_MAX:
        raise SyncbedError(
            INVALID_FIELD, f'"id" must be a string of 1 to {ID_CHARS_MAX} characters', field="id"
        )


def _invalid(header: str, what: str) -> SyncbedError:
    return SyncbedError(INVALID_FIELD, f"the header {header} {what}", field=header)

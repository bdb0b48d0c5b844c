"""What the fields of an item may be. A collection without a schema of its own takes any object."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict

from ..errors import INVALID_FIELD, SyncbedError

RESERVED = ("id", "version")


class Order(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(strict=True, extra="allow")  # type: ignore[misc]

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    done: bool


class Schema:
    """The fields that a collection knows; a create must hold the required ones and gets the defaults."""

    def __init__(self, fields: type, required: tuple[str, ...], defaults: dict[str, Any]) -> None:
        self._adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(fields)
        self._required = required
        self._defaults = defaults

    def check(self, fields: dict[str, Any], *, whole: bool) -> dict[str, Any]:
        """The fields to store; SyncbedError that names the first bad one."""
        if whole:
            for name in self._required:
                if name not in fields:
                    raise SyncbedError(INVALID_FIELD, f'the field "{name}" is missing', field=name)
        try:
            self._adapter.validate_python(fields)
        except ValidationError as error:
            raise _named(error.errors()[0]) from None
        return fields | {k: v for k, v in self._defaults.items() if whole and k not in fields}


def _named(error: ErrorDetails) -> SyncbedError:
    field = ".".join(str(part) for part in error["loc"]) or "body"
    return SyncbedError(INVALID_FIELD, f'the field "{field}": {error["msg"]}', field=field)


SCHEMAS: dict[str, Schema] = {
    "orders": Schema(Order, required=("title",), defaults={"done": False}),
}


def check_fields(collection: str, fields: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """The fields of a create (`whole`) or an update, as they are to be stored."""
    for name in RESERVED:
        if name in fields:
            raise SyncbedError(INVALID_FIELD, f'the field "{name}" is the server\'s to set', field=name)
    schema = SCHEMAS.get(collection)
    return fields if schema is None else schema.check(fields, whole=whole)

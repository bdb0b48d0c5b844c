"""One line of a trace: who says it, when by that source's own clock, and what.

Owns the JSON of a record and the checks on it. Types are read from the kinds themselves.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, Generic, Literal, TypeVar

from .kinds import KINDS, Kind

K = TypeVar("K", bound=Kind, covariant=True)

COMMON = ("i", "source", "n", "at_ms", "kind")


class RecordError(ValueError):
    """A line that is no record; the text says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Record(Generic[K]):
    """`i` is the place in the file (reading order, claims nothing); `n` the source's own, from 1."""

    i: int
    source: str
    n: int
    at_ms: float
    what: K


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    hint: Any
    default: Any  # MISSING: must be given


def _fields(cls: type[Kind]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls)
    return tuple(
        Field(
            field.name,
            hints[field.name],
            field.default if field.default_factory is MISSING else field.default_factory(),
        )
        for field in dataclasses.fields(cls)
    )


FIELDS: dict[type[Kind], tuple[Field, ...]] = {cls: _fields(cls) for cls in KINDS.values()}


def to_json(record: Record[Kind]) -> dict[str, Any]:
    what = record.what
    found: dict[str, Any] = {
        "i": record.i,
        "source": record.source,
        "n": record.n,
        "at_ms": round(record.at_ms, 3),
        "kind": what.kind,
    }
    for field in FIELDS[type(what)]:
        value = getattr(what, field.name)
        if field.default is MISSING or value != field.default:
            found[field.name] = list(value) if isinstance(value, tuple) else value
    return found


def from_json(raw: object) -> Record[Kind]:
    """The record of a JSON object. Raises `RecordError`."""
    if not isinstance(raw, Mapping):
        raise RecordError(f"{raw!r} is no JSON object")
    for name, hint in (("i", int), ("source", str), ("n", int), ("at_ms", float), ("kind", str)):
        if name not in raw:
            raise RecordError(f"{name!r} is missing")
        _check(name, raw[name], hint)
    cls = KINDS.get(raw["kind"])
    if cls is None:
        raise RecordError(f"{raw['kind']!r} is no kind of record (allowed: {', '.join(KINDS)})")
    return Record(raw["i"], raw["source"], raw["n"], float(raw["at_ms"]), _read(cls, raw))


def _read(cls: type[Kind], raw: Mapping[str, Any]) -> Kind:
    known = {field.name: field for field in FIELDS[cls]}
    for name in raw:
        if name not in known and name not in COMMON:
            raise RecordError(f"{cls.kind!r} has no field {name!r} (allowed: {', '.join(known)})")
    given: dict[str, Any] = {}
    for field in known.values():
        if field.name in raw:
            given[field.name] = _check(field.name, raw[field.name], field.hint)
        elif field.default is MISSING:
            raise RecordError(f"{cls.kind!r} needs the field {field.name!r}")
    return cls(**given)


def _check(name: str, value: Any, hint: Any) -> Any:
    if not _fits(value, hint):
        raise RecordError(f"{name!r} is {value!r}, which is not {_words(hint)}")
    if typing.get_origin(hint) is tuple:
        return tuple(value)
    return value


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return value in arguments
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, each) for each in arguments)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(_fits(each, arguments[0]) for each in value)
    if origin is not None:  # a Mapping: of text to something
        return isinstance(value, Mapping) and all(_fits(each, arguments[1]) for each in value.values())
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(map(_words, arguments))
    if origin is tuple:
        return "a list" if arguments[0] is Any else f"a list of {_words(arguments[0])}"
    if origin is not None:
        return "an object"
    return {str: "text", int: "a whole number", float: "a number", bool: "true or false"}.get(hint, "null")

"""Reading dataclasses from JSON, with errors that name the path and the allowed values.

A field carries its check in its metadata; `read` walks the fields of a class. Owns no class
itself: matches, faults and rules all come through here, so they all complain in the same words.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .errors import WireError

Check = Callable[[object, str], object]
T = TypeVar("T")
MISSING: Any = dataclasses.MISSING


def _field(check: Check, default: Any) -> Any:
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata={"check": check})
    return dataclasses.field(default=default, metadata={"check": check})


def integer(low: int, high: int, default: Any = MISSING) -> Any:
    """A whole number from `low` to `high`, both included."""

    def check(value: object, path: str) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WireError(
                "invalid", f"{value!r} is no whole number in range", path=path, allowed=[f"{low} to {high}"]
            )
        return value

    return _field(check, default)


def number(low: float, high: float, default: Any = MISSING) -> Any:
    """A number from `low` to `high`, both included."""

    def check(value: object, path: str) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise WireError(
                "invalid", f"{value!r} is no number in range", path=path, allowed=[f"{low} to {high}"]
            )
        return value

    return _field(check, default)


def text(length_max: int, default: Any = MISSING) -> Any:
    """A string of at most `length_max` characters."""

    def check(value: object, path: str) -> object:
        if not isinstance(value, str) or len(value) > length_max:
            raise WireError(
                "invalid",
                f"{value!r} is no text in range",
                path=path,
                allowed=[f"a string of at most {length_max} characters"],
            )
        return value

    return _field(check, default)


def one_of(*values: str, default: Any = MISSING) -> Any:
    """One of the given words."""

    def check(value: object, path: str) -> object:
        if value not in values:
            raise WireError("invalid", f"{value!r} is not known", path=path, allowed=values)
        return value

    return _field(check, default)


def flag(default: Any = MISSING) -> Any:
    def check(value: object, path: str) -> object:
        if not isinstance(value, bool):
            raise WireError("invalid", f"{value!r} is no flag", path=path, allowed=["true", "false"])
        return value

    return _field(check, default)


def label(default: Any = MISSING) -> Any:
    """A short name that may be written as a number (a tab, a mutation id); kept as text."""

    def check(value: object, path: str) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int) or not 0 < len(str(value)) <= 200:
            raise WireError(
                "invalid",
                f"{value!r} is no name",
                path=path,
                allowed=["a string of 1 to 200 characters", "a whole number"],
            )
        return str(value)

    return _field(check, default)


def table(names: str, values: tuple[type, ...], default: Any = MISSING, *, entries_max: int = 20) -> Any:
    """A JSON object; `names` says what its keys are, `values` the types of its values."""

    def check(value: object, path: str) -> object:
        if not isinstance(value, dict) or len(value) > entries_max:
            raise WireError(
                "invalid",
                f"{value!r} is no object of {names}",
                path=path,
                allowed=[f"an object of at most {entries_max} entries"],
            )
        for key, entry in value.items():
            if not isinstance(entry, values):
                raise WireError(
                    "invalid",
                    f"{entry!r} cannot stand here",
                    path=f"{path}/{pointer(key)}",
                    allowed=[kind.__name__ for kind in values],
                )
        return value

    return _field(check, default)


def pointer(key: object) -> str:
    """A key as one segment of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def read(cls: type[T], raw: object, path: str, *, also: tuple[str, ...] = ()) -> T:
    """An instance of the dataclass `cls` from a JSON object; keys in `also` are left to the caller.

    Raises `WireError` ("invalid") for a value that is no object, an unknown key, a missing key, or
    a value its field refuses. A key whose default is null may be given as null.
    """
    if not isinstance(raw, Mapping):
        raise WireError("invalid", f"{raw!r} is no object", path=path or "/", allowed=["a JSON object"])
    described: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(cls)  # type: ignore[arg-type]
    fields = {field.name: field for field in described if "check" in field.metadata}
    for key in raw:
        if key not in fields and key not in also:
            raise WireError(
                "invalid", f"unknown key {key!r}", path=f"{path}/{pointer(key)}", allowed=[*also, *fields]
            )
    given: dict[str, object] = {}
    for name, field in fields.items():
        if name in raw:
            value = raw[name]
            given[name] = (
                None
                if value is None and field.default is None
                else field.metadata["check"](value, f"{path}/{name}")
            )
        elif field.default is MISSING and field.default_factory is MISSING:
            raise WireError("invalid", f"{name!r} is missing", path=f"{path}/{name}", allowed=list(fields))
    return cls(**given)


def write(instance: Any) -> dict[str, object]:
    """The JSON object that `read` turns into this instance; values equal to their default are left out."""
    found: dict[str, object] = {}
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        factory: Any = field.default_factory
        default = field.default if factory is MISSING else factory()
        if "check" in field.metadata and value != default:
            found[field.name] = value
    return found

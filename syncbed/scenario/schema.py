"""A small table language for JSON files: what may stand where, and what it means.

One table drives validation and documentation. Every problem of a file is found in one go; each
names its place as a JSON pointer and what is allowed there, in the words of the wire's own errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class _Missing:
    """No default: the key must be given."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Problem:
    path: str
    text: str
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        allowed = f" (allowed: {', '.join(self.allowed)})" if self.allowed else ""
        return f"{self.path or '/'}: {self.text}{allowed}"


class Problems(list[Problem]):
    def add(self, path: str, text: str, allowed: Iterable[object] = ()) -> None:
        self.append(Problem(path, text, tuple(map(str, allowed))))


class Check(Protocol):
    """One sort of value."""

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        """The value with its defaults filled in; what is wrong with it goes to `problems`."""

    def words(self) -> str:
        """What is allowed, for the documentation."""


@dataclass(frozen=True)
class Text:
    """Text of at most `length_max` characters, of a pattern if one is given."""

    length_max: int = 200
    pattern: str = ""
    called: str = ""

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if (
            not isinstance(value, str)
            or not 0 < len(value) <= self.length_max
            or (self.pattern and re.fullmatch(self.pattern, value) is None)
        ):
            problems.add(path, f"{value!r} cannot stand here", [self.words()])
        return value

    def words(self) -> str:
        return self.called or f"text of 1 to {self.length_max} characters"


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            problems.add(path, f"{value!r} is no whole number in range", [self.words()])
        return value

    def words(self) -> str:
        return f"{self.low} to {self.high}"


@dataclass(frozen=True)
class Flag:
    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, bool):
            problems.add(path, f"{value!r} is no flag", ["true", "false"])
        return value

    def words(self) -> str:
        return "true, false"


@dataclass(frozen=True)
class OneOf:
    values: tuple[Any, ...]

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if not any(value == each and type(value) is type(each) for each in self.values):
            problems.add(path, f"{value!r} is not known", self.values)
        return value

    def words(self) -> str:
        return ", ".join(f"`{value}`" for value in self.values)


@dataclass(frozen=True)
class ListOf:
    of: Check
    least: int = 0
    most: int = 1000

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            problems.add(path, f"{_brief(value)} cannot stand here", [self.words()])
            return value
        return [self.of.check(each, f"{path}/{index}", problems) for index, each in enumerate(value)]

    def words(self) -> str:
        return f"a list of {self.least} to {self.most}: {self.of.words()}"


@dataclass(frozen=True)
class MapOf:
    """An object whose keys are names."""

    keys: Text
    of: Check
    least: int = 0
    most: int = 20

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, Mapping) or not self.least <= len(value) <= self.most:
            problems.add(path, f"{_brief(value)} cannot stand here", [self.words()])
            return value
        for key in value:
            self.keys.check(key, f"{path}/{pointer(key)}", problems)
        return {key: self.of.check(each, f"{path}/{pointer(key)}", problems) for key, each in value.items()}

    def words(self) -> str:
        return f"an object of {self.least} to {self.most} entries"


@dataclass(frozen=True)
class Checked:
    """JSON that someone else knows: `by` says what is wrong with it."""

    by: Callable[[Any, str, Problems], None]
    called: str

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        self.by(value, path, problems)
        return value

    def words(self) -> str:
        return self.called


@dataclass(frozen=True)
class Entry:
    """One key of an object: what it holds, what it is if it is left out, what it means."""

    of: Check
    about: str
    default: Any = MISSING


@dataclass(frozen=True)
class Fields:
    """An object with known keys; any other is refused."""

    about: str
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        return self.check_with(value, path, problems, ())

    def check_with(self, value: Any, path: str, problems: Problems, also: tuple[str, ...]) -> Any:
        """The same, for an object that has the keys `also` besides."""
        if not isinstance(value, Mapping):
            problems.add(path, f"{_brief(value)} is no object", [self.words()])
            return value
        for key in value:
            if key not in self.entries and key not in also:
                problems.add(f"{path}/{pointer(key)}", f"unknown key {key!r}", [*also, *self.entries])
        found = {key: value[key] for key in also if key in value}
        for name, entry in self.entries.items():
            if name in value:
                found[name] = entry.of.check(value[name], f"{path}/{name}", problems)
            elif entry.default is MISSING:
                problems.add(f"{path}/{name}", "is missing", [entry.of.words()])
            else:
                found[name] = entry.default
        return found

    def words(self) -> str:
        return f"an object of {', '.join(self.entries) or 'no keys'}"


@dataclass(frozen=True)
class Tagged:
    """An object whose key `tag` says which of several it is."""

    tag: str
    cases: Mapping[str, Fields]

    def check(self, value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, Mapping):
            problems.add(path, f"{_brief(value)} is no object", [self.words()])
            return value
        name = value.get(self.tag)
        case = self.cases.get(name) if isinstance(name, str) else None
        if case is None:
            text = f"{name!r} is not known" if self.tag in value else "is missing"
            problems.add(f"{path}/{self.tag}", text, self.cases)
            return value
        return case.check_with(value, path, problems, (self.tag,))

    def words(self) -> str:
        return f'{{"{self.tag}": one of {", ".join(self.cases)}, ...}}'


def pointer(key: object) -> str:
    """A key as one segment of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"

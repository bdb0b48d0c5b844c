"""Handlers by topic. A topic is segments between dots; in a pattern `*` is any one segment. Pure."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

ANY = "*"


class Topics(Generic[T]):
    def __init__(self) -> None:
        self._exact: dict[str, list[T]] = {}
        self._patterns: list[tuple[tuple[str, ...], T]] = []
        """The most specific first."""

    def add(self, pattern: str, handler: T) -> None:
        segments = tuple(pattern.split("."))
        if not all(segments) or any(ANY in segment and segment != ANY for segment in segments):
            raise ValueError(
                f"the topic {pattern!r} is not segments between dots, each a word or a single {ANY!r}"
            )
        if ANY not in segments:
            self._exact.setdefault(pattern, []).append(handler)
            return
        self._patterns.append((segments, handler))
        self._patterns.sort(key=lambda entry: _breadth(entry[0]))

    def take(self, others: Topics[T]) -> None:
        """Add theirs, behind our own of the same pattern."""
        for pattern, handlers in others._exact.items():
            self._exact.setdefault(pattern, []).extend(handlers)
        self._patterns = sorted([*self._patterns, *others._patterns], key=lambda entry: _breadth(entry[0]))

    def has(self, pattern: str) -> bool:
        return pattern in self._exact or any(".".join(segments) == pattern for segments, _ in self._patterns)

    def find(self, topic: str) -> list[T]:
        """Whose topic it is, the most specific first: a word beats `*`, and the leftmost difference decides.

        For `orders.eu.created`: itself, then `orders.eu.*`, then `orders.*.created`, then `*.eu.created`.
        """
        segments = topic.split(".")
        found = list(self._exact.get(topic, ()))
        return found + [handler for pattern, handler in self._patterns if _matches(pattern, segments)]


def _matches(pattern: tuple[str, ...], segments: list[str]) -> bool:
    return len(pattern) == len(segments) and all(
        wanted in (ANY, segment) and segment for wanted, segment in zip(pattern, segments, strict=True)
    )


def _breadth(pattern: tuple[str, ...]) -> list[bool]:
    return [segment == ANY for segment in pattern]

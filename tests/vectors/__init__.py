"""Reads the vectors; README.md beside this file describes their shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Vector = dict[str, Any]


def load(dialect: str, kind: str) -> list[Vector]:
    vectors: list[Vector] = json.loads((Path(__file__).parent / dialect / f"{kind}.json").read_text("utf-8"))
    return vectors


class Bindings:
    """What the `$names` of one vector stand for."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def fill(self, template: Any) -> Any:
        """The template with every name that is known by now replaced."""
        match template:
            case str() if template.startswith("$"):
                return self._values[template]
            case dict():
                return {key: self.fill(value) for key, value in template.items()}
            case list():
                return [self.fill(value) for value in template]
            case _:
                return template

    def match(self, template: Any, value: Any) -> None:
        """Fail unless `value` is what the template says; learn the names on the way."""
        match template:
            case str() if template.startswith("$"):
                assert self._values.setdefault(template, value) == value
            case dict() if isinstance(value, dict):
                assert value.keys() == template.keys(), value
                for key, part in template.items():
                    self.match(part, value[key])
            case list() if isinstance(value, list):
                assert len(value) == len(template), value
                for part, element in zip(template, value, strict=True):
                    self.match(part, element)
            case _:
                assert (type(value), value) == (type(template), template)

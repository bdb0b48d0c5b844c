"""Writes the tables of docs/protocol.md and docs/configuration.md from those that the server uses.

    python -m scripts.protocol_docs

In a page a table stands between `<!-- table: NAME -->` and `<!-- end -->`, and everything between them is
written here; `TABLES` has the names. What a dialect has is found in its module (server/dialects/tables.py),
every close in whichever module makes it. A test holds the pages equal to what this writes.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import server
from server.core.connection import Close
from server.dialects.registry import DIALECTS
from server.errors import KINDS
from server.guide import OPTIONS, variable
from server.settings import Settings
from server.telemetry.instruments import INSTRUMENTS

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "protocol.md", DOCS / "configuration.md")
TABLE = re.compile(r"(?<=<!-- table: )(?P<name>[^>]+?) -->\n.*?(?=<!-- end -->)", re.DOTALL)


def frames(dialect: str) -> Iterator[str]:
    module = dialect_module(dialect)
    yield from head("", "frame", "")
    for direction, rows in (("C→S", module.TYPES), ("S→C", module.FRAMES)):
        for row in rows.values():
            example = json.dumps(row.example, ensure_ascii=False, separators=(",", ":"))
            yield cells(direction, f"`{example}`", row.about)


def errors(dialect: str) -> Iterator[str]:
    """One row a word, which may be said of several errors."""
    words: dict[str, list[str]] = {}
    for says in dialect_module(dialect).ERRORS.values():
        words.setdefault(says.word, []).append(says.when)
    yield from head("error", "when")
    for word, when in words.items():
        yield cells(f"`{word}`", "; ".join(when))


def error_kinds() -> Iterator[str]:
    yield from head("code", "name", "", "definite", "retryable")
    for kind in sorted(KINDS.values(), key=lambda kind: kind.code):
        yield cells(kind.code, f"`{kind.name}`", kind.text, yes(kind.definite), yes(kind.retryable))


def closes() -> Iterator[str]:
    yield from head("code", "reason", "when")
    for close in sorted(all_closes(), key=lambda close: (close.code, close.reason)):
        yield cells(close.code, f"`{close.reason}`", close.when)


def metrics() -> Iterator[str]:
    yield from head("metric", "OpenTelemetry", "kind", "")
    for each in INSTRUMENTS.values():
        label = f'{{{each.label}="{each.value}"}}' if each.value else ""
        otel = f"`{each.otel}`" if each.otel else ""
        yield cells(f"`{each.prometheus}{label}`", otel, each.kind, each.about)


def options() -> Iterator[str]:
    yield from head("option", "environment", "default", "comes to", "")
    for name, option in OPTIONS.items():
        default = "" if option.default is None else f"`{json.dumps(option.default)}`"
        known = option.comes_to in Settings.model_fields
        comes_to = f"`{option.comes_to}`" if known else option.comes_to
        yield cells(f"`{name}`", f"`{variable(name)}`", default, comes_to, option.about)


def settings() -> Iterator[str]:
    yield from head("setting", "default", "")
    for name, field in Settings.model_fields.items():
        is_path = isinstance(field.default, Path)  # a folder of this checkout
        default = "" if is_path or field.default is None else f"`{json.dumps(field.default)}`"
        yield cells(f"`{name}`", default, " ".join((field.description or "").split()))


TABLES: dict[str, Callable[[], Iterable[str]]] = {
    **{f"{name} frames": partial(frames, name) for name in DIALECTS},
    **{
        f"{name} errors": partial(errors, name)
        for name in DIALECTS
        if hasattr(import_module(f"server.dialects.{name}"), "ERRORS")
    },
    "errors": error_kinds,
    "closes": closes,
    "metrics": metrics,
    "options": options,
    "settings": settings,
}


def written(page: str) -> str:
    """The page with each of its tables as the code has it. KeyError for a table that there is not."""

    def table(found: re.Match[str]) -> str:
        rows = "".join(f"{row}\n" for row in TABLES[found["name"]]())
        return f"{found['name']} -->\n\n{rows}\n"

    return TABLE.sub(table, page)


def dialect_module(name: str) -> Any:
    return import_module(f"server.dialects.{name}")


def all_closes() -> set[Close]:
    """Every close that a module of the server has as a constant."""
    names = [each.name for each in pkgutil.walk_packages(server.__path__, "server.")]
    modules = [import_module(name) for name in names if name != "server.__main__"]
    return {value for module in modules for value in vars(module).values() if isinstance(value, Close)}


def head(*names: str) -> Iterator[str]:
    yield cells(*names)
    yield "|" + "---|" * len(names)


def cells(*values: object) -> str:
    return "|" + "".join(f" {value} |".replace("  ", " ") for value in values)


def yes(value: bool) -> str:
    return "yes" if value else "no"


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(written(path.read_text("utf-8")), "utf-8")

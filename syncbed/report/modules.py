"""Several ES modules as one classic script, for a page that opens from a disk.

A browser loads no module from `file:`, and the report's policy lets a script run by its hash alone. So each
module becomes a function that is called once and gives back what it exports, in the order in which they need
each other. The modules are read from the reference's static folder each time a page is made: there is no copy
that could go stale. Only what our own modules use is understood (`import {...} from './x.js'` on one line,
`export const`); anything else is refused rather than guessed at.
"""

from __future__ import annotations

import re
from pathlib import Path

IMPORT = re.compile(r"^import \{ (?P<names>[\w$, ]+) \} from '\./(?P<module>[\w-]+)\.js';$")
EXPORT = re.compile(r"^export const (?P<name>[\w$]+)\b")
FOREIGN = re.compile(r"^\s*(import|export)\b|\bimport[.(]")
BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
TYPE = re.compile(r"/\*\* @type \{[^*]*\} \*/ ?")


class ModuleError(ValueError):
    """A module says something that this cannot put into one script."""


def bundle(entry: Path) -> str:
    """A script that leaves what `entry` exports in a constant called `$modules`."""
    done: dict[str, str] = {}
    _take(entry, done, ())
    return "\n".join([*done.values(), f"const $modules = {_name(entry.stem)};\n"])


def _take(file: Path, done: dict[str, str], waiting: tuple[str, ...]) -> None:
    if file.stem in done:
        return
    if file.stem in waiting:
        raise ModuleError(f"{file.name} needs itself, by way of {' and '.join(waiting)}")
    head: list[str] = []
    body: list[str] = []
    exported: list[str] = []
    for number, line in enumerate(_code(file).splitlines(), start=1):
        if found := IMPORT.match(line):
            needed = file.with_name(found["module"] + ".js")
            _take(needed, done, (*waiting, file.stem))
            names = found["names"].replace(" as ", ": ")
            head.append(f"const {{ {names} }} = {_name(needed.stem)};")
        elif found := EXPORT.match(line):
            exported.append(found["name"])
            body.append(line.removeprefix("export "))
        elif FOREIGN.search(line):
            raise ModuleError(f"{file.name}: line {number} of its code is not understood: {line.strip()}")
        elif line.strip():
            body.append(line)
    inside = "\n".join([*head, *body, f"return {{ {', '.join(exported)} }};"])
    done[file.stem] = f"const {_name(file.stem)} = (() => {{\n{inside}\n}})();"


def _code(file: Path) -> str:
    """The file without the comments that stand alone on their lines, and without types."""
    text = BLOCK_COMMENT.sub("", file.read_text(encoding="utf-8"))
    text = re.sub(r"^[ \t]*//.*\n", "", text, flags=re.MULTILINE)
    return TYPE.sub("", text)


def _name(module: str) -> str:
    return "$" + module.replace("-", "_")

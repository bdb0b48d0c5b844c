"""Line coverage of the SDK, as Chromium counted it.

Owns collecting (files of counts, written each time a page is about to lose them) and adding
them up. An
*executable* line is one that holds a word outside comments and imports; it is *hit* when any
of its words ran in any page. V8 counts ranges of characters, not lines, and offsets are in
UTF-16 units. A module that a test served in another version is recognised by its length and
left out.

It cannot see workers, what a page ran before it navigated by itself, nor what a popup ran
before the session was attached.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

SDK_URL = re.compile(r"/sdk/(?P<file>(?:[\w-]+/)*[\w-]+\.js)(?:\?.*)?$")


class JsCoverage:
    """Counts from the first script of each page on; `collect` before a document goes away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: dict[Page, CDPSession] = {}

    def watch(self, page: Page) -> None:
        if page in self._sessions or page.is_closed():
            return
        session = page.context.new_cdp_session(page)
        session.send("Profiler.enable")
        session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})
        self._sessions[page] = session
        # A crashed page never answers, and a CDP call has no timeout.
        page.on("crash", self._forget)

    def collect(self, page: Page) -> None:
        session = self._sessions.get(page)
        if session is None or page.is_closed():
            return
        scripts = [
            {"file": found["file"], "functions": script["functions"]}
            for script in session.send("Profiler.takePreciseCoverage")["result"]
            if (found := SDK_URL.search(script["url"]))
        ]
        if scripts:
            (self._folder / f"{uuid.uuid4().hex}.json").write_text(json.dumps(scripts))

    def _forget(self, page: Page) -> None:
        self._sessions.pop(page, None)


@dataclass(frozen=True)
class FileCoverage:
    file: str
    executable: frozenset[int]
    hit: frozenset[int]

    @property
    def missed(self) -> list[int]:
        return sorted(self.executable - self.hit)


def merge(folder: Path, sdk: Path) -> list[FileCoverage]:
    """What all pages together ran of each module of `sdk`; one never loaded counts as missed."""
    pages = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    found: list[FileCoverage] = []
    for path in sorted(sdk.rglob("*.js")):
        file = path.relative_to(sdk).as_posix()
        source = path.read_text(encoding="utf-8")
        words = executable_words(source)
        hit = {
            line
            for script in (script for page in pages for script in page if script["file"] == file)
            for line in hit_lines(source, words, script["functions"])
        }
        found.append(FileCoverage(file, frozenset(line for line, _ in words), frozenset(hit)))
    return found


def percent(files: Iterable[FileCoverage]) -> float:
    every = list(files)
    executable = sum(len(file.executable) for file in every)
    return 100.0 * sum(len(file.hit) for file in every) / executable if executable else 0.0


Word = tuple[int, int]
"""Line number from 1, and offset in UTF-16 units."""

NOT_CODE = re.compile(
    r"""
      (?P<gone> //[^\n]* | /\*.*?\*/ )
    | (?P<kept> '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*`
              | (?<=[=(,:!&|?;{}\n])[ \t]*/(?![/*])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+/ )
    """,
    re.VERBOSE | re.DOTALL,
)
IMPORT = re.compile(r"^(?:import\b[^'\";]*|export\s*(?:\*|\{)[^'\";]*)(?:(['\"]).*?\1)?;?", re.MULTILINE)


def without_comments(source: str) -> str:
    """The same lines and columns, comments blank. Strings and regular expressions stay."""
    return NOT_CODE.sub(lambda found: found["kept"] or _blank(found[0]), source)


def executable_words(source: str) -> list[Word]:
    text = without_comments(_in_utf16_units(source))
    text = IMPORT.sub(lambda found: _blank(found[0]), text)
    return [
        (number, start + word.start())
        for number, (start, line) in enumerate(_lines(text), start=1)
        for word in re.finditer(r"[\w$'\"`]+", line)
    ]


def hit_lines(source: str, words: list[Word], functions: list[dict[str, Any]]) -> set[int]:
    length = len(_in_utf16_units(source))
    if not functions or functions[0]["ranges"][0]["endOffset"] != length:
        return set()
    ran = bytearray(length + 1)
    # Outer functions and outer ranges come first, so what is painted last is the innermost.
    for function in functions:
        for part in function["ranges"]:
            start, end = part["startOffset"], part["endOffset"]
            ran[start:end] = (b"\1" if part["count"] else b"\0") * (end - start)
    return {line for line, offset in words if ran[offset]}


def _in_utf16_units(source: str) -> str:
    return re.sub(r"[\U00010000-\U0010ffff]", "\ufffd\ufffd", source)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1

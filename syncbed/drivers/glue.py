"""The script that a tab's every document runs before its own first one: the glue, and what goes with it.

Its parts lie in `page/`; each is a function that takes `bed`, what is known of the tab.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "page"


def tab_script(tab: str) -> str:
    """For a tab that is a page of its own: its frames are left alone."""
    parts = joined(("bed", "posts", "sockets"), {"tab": tab})
    return f"if (window === window.top && !globalThis.__syncbed) {parts}"


def joined(parts: Sequence[str], about: Mapping[str, Any]) -> str:
    """These parts in a row, all given the same object."""
    functions = ",\n".join(map(part, parts))
    return f"((tab) => {{\nfor (const part of [{functions}]) part(tab);\n}})({json.dumps(about)});\n"


@cache
def part(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8").strip()

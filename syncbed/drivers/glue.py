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


def pane_script(
    tab: str,
    link: str,
    token: str,
    labs: Sequence[str],
    scripts: Sequence[str],
    upstreams: Mapping[str, str] | None = None,
) -> str:
    """For a document that the wire lets through: a pane of the lab (one of the origins `labs`), or a window.

    `upstreams`: host and port of each server behind the wire -> its label in front of a profile's name.
    A frame within it is left alone. `scripts` are run after the glue. All of it goes by the name of held
    mode's script, whose timers look for who set them past it.
    """
    profile, _, number = tab.partition("/")
    about = {
        "tab": tab,
        "profile": profile,
        "number": number,
        "link": link,
        "token": token,
        "upstreams": upstreams or {},
    }
    rest = "\n".join(scripts)
    return f"""(() => {{
const labs = {json.dumps(list(labs))};
const {{ top, parent, name }} = window;
const isPane = () => parent === top && (location.ancestorOrigins
  ? labs.includes(location.ancestorOrigins[0])
  : name.startsWith({json.dumps(profile + "/")}));
if (globalThis.__syncbed || !(window === top || isPane())) return;
{joined(("link", "address", "bed", "posts", "sockets"), about)}{rest}
}})();
//# sourceURL=syncbed-held.js
"""


def joined(parts: Sequence[str], about: Mapping[str, Any]) -> str:
    """These parts in a row, all given the same object."""
    functions = ",\n".join(map(part, parts))
    return f"((tab) => {{\nfor (const part of [{functions}]) part(tab);\n}})({json.dumps(about)});\n"


@cache
def part(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8").strip()

"""A scenario as text: a key a line, a step a line, so that a diff of two files shows what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def scenario_text(raw: Mapping[str, Any]) -> str:
    """The file of a scenario's JSON; its steps stand last."""
    keys = [f"  {_line(key)}: {_line(value)}" for key, value in raw.items() if key != "steps"]
    steps = ",\n".join(f"    {_line(step)}" for step in raw["steps"])
    return "{\n" + ",\n".join([*keys, f'  "steps": [\n{steps}\n  ]']) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

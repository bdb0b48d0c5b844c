"""JSON answers."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from ..core import json_text


class JsonAnswer(JSONResponse):
    """ASCII, like every frame: what a client wrote may hold half of a surrogate pair (core/json_text.py)."""

    def render(self, content: Any) -> bytes:
        return json_text.dumps(content).encode("ascii")

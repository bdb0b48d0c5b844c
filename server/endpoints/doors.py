"""Where a client shows its token before its connection is accepted.

`state`: in the query, or in the Authorization header. `secure`: in the header, or as a subprotocol
(`jwt-auth`, `jwt.<base64url of the token>`), never in an address, which ends up in logs.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Literal

from starlette.websockets import WebSocket

Door = Literal["state", "secure"]

JWT_SUBPROTOCOL = "jwt-auth"
TOKEN_PREFIX = "jwt."
BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Credentials:
    token: str | None
    method: str
    """`query`, `header` or `subprotocol`."""
    subprotocol: str | None = None
    """To be confirmed."""


def credentials(websocket: WebSocket, door: Door) -> Credentials:
    authorization = websocket.headers.get("authorization", "")
    if authorization.lower().startswith(BEARER):
        return Credentials(authorization[len(BEARER) :].strip(), "header")
    if door == "state":
        return Credentials(websocket.query_params.get("token"), "query")
    offered: list[str] = websocket.scope.get("subprotocols", [])
    if JWT_SUBPROTOCOL not in offered:
        return Credentials(None, "subprotocol")
    tokens = [name[len(TOKEN_PREFIX) :] for name in offered if name.startswith(TOKEN_PREFIX)]
    return Credentials(_decoded(tokens[0]) if tokens else None, "subprotocol", JWT_SUBPROTOCOL)


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None

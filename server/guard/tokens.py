"""JSON Web Tokens that say who somebody is: HS256 and nothing else, with an end. Time is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt

from ..errors import TOKEN_REFUSED, SyncbedError

ALGORITHM = "HS256"
USER_CHARS_MAX = 200
# PyJWT would ask the machine's clock, which a test cannot hold.
_OPTIONS: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")} | {
    "require": ["exp"]
}


@dataclass(frozen=True, slots=True)
class Identity:
    user: str
    expires_at_s: float
    """Since 1970."""


class Tokens:
    def __init__(self, secret: str | None) -> None:
        """Without a secret nobody is let in."""
        self._secret = secret

    def verify(self, token: str | None, now_s: float) -> Identity:
        if self._secret is None:
            raise SyncbedError(TOKEN_REFUSED, "this server knows no users: set SYNCBED_TOKEN_SECRET")
        if not token:
            raise SyncbedError(TOKEN_REFUSED, "a token is required")
        try:
            claims = jwt.decode(token, self._secret, algorithms=[ALGORITHM], options=_OPTIONS)
        except jwt.PyJWTError as error:
            raise SyncbedError(TOKEN_REFUSED, f"the token is not valid: {error}") from None
        user = claims.get("sub", claims.get("user_id"))
        if not isinstance(user, str) or not 1 <= len(user) <= USER_CHARS_MAX:
            raise SyncbedError(TOKEN_REFUSED, f"the token names no user (1 to {USER_CHARS_MAX} characters)")
        if not _is_number(claims["exp"]) or not _is_number(claims.get("nbf", 0)):
            raise SyncbedError(TOKEN_REFUSED, "the token's exp and nbf must be numbers")
        if claims["exp"] <= now_s:
            raise SyncbedError(TOKEN_REFUSED, "the token has expired")
        if claims.get("nbf", 0) > now_s:
            raise SyncbedError(TOKEN_REFUSED, "the token is not valid yet")
        return Identity(user, float(claims["exp"]))

    def mint(self, user: str, now_s: float, expires_in_s: float) -> str:
        assert self._secret is not None
        claims = {"sub": user, "iat": int(now_s), "exp": now_s + expires_in_s}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""Whether a session token is a session's: sessions live in Redis, and whoever signs users in writes them.

A session is a key, `session:<token>` unless the setting says otherwise, that is a hash or a text: a key of
any other kind is not ours. The hash's field `user_id`, or that member of a JSON text, says whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ..brokers.base import BrokerUnavailableError
from ..brokers.redis_scripts import Pool
from ..core import json_text

PLACE = "{token}"


@dataclass(frozen=True, slots=True)
class Session:
    user_id: str = ""


class Sessions:
    def __init__(self, pool: Pool, key: str) -> None:
        """`key` holds `{token}`, which stands for the token."""
        self._client: Any = Redis(connection_pool=pool)  # type: ignore[arg-type]
        self._key = key

    async def find(self, token: str) -> Session | None:
        key = self._key_of(token)
        try:
            kind = await self._client.type(key)
            if kind == b"hash":
                return Session(_text(await self._client.hget(key, "user_id")))
            if kind == b"string":
                return Session(_user_in(await self._client.get(key)))
        except (RedisError, OSError) as error:
            raise BrokerUnavailableError(str(error)) from error
        return None

    async def ended(self, tokens: Sequence[str]) -> set[str]:
        """Those of them that are no session's any more."""
        if not tokens:
            return set()
        try:
            async with self._client.pipeline(transaction=False) as asks:
                for token in tokens:
                    asks.type(self._key_of(token))
                kinds = await asks.execute()
        except (RedisError, OSError) as error:
            raise BrokerUnavailableError(str(error)) from error
        return {token for token, kind in zip(tokens, kinds, strict=True) if kind not in (b"hash", b"string")}

    def _key_of(self, token: str) -> bytes:
        return self._key.replace(PLACE, token).encode("utf-8", "surrogatepass")


def _user_in(value: bytes | None) -> str:
    try:
        session = json_text.loads(value or b"null")
    except ValueError:
        return ""
    user_id = session.get("user_id") if isinstance(session, dict) else None
    return user_id if isinstance(user_id, str) else ""


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")

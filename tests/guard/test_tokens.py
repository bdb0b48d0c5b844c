from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from server.errors import SyncbedError
from server.guard.tokens import Identity, Tokens

SECRET = "s" * 32
NOW_S = 1_700_000_000.0
TOKENS = Tokens(SECRET)


def signed(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    return jwt.encode({"sub": "alice", "exp": NOW_S + 60} | claims, secret, algorithm)


def without_signature() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, {"sub": "alice", "exp": NOW_S + 60}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join(encoded) + "."


def test_a_token_of_ours_names_the_user_and_its_end() -> None:
    assert TOKENS.verify(TOKENS.mint("alice", NOW_S, 5), NOW_S) == Identity("alice", NOW_S + 5)


def test_the_user_may_be_called_user_id() -> None:
    token = jwt.encode({"user_id": "bob", "exp": NOW_S + 1}, SECRET, "HS256")
    assert TOKENS.verify(token, NOW_S).user == "bob"


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (None, "a token is required"),
        ("", "a token is required"),
        ("nonsense", "not valid"),
        (signed("x" * 32), "not valid"),
        (signed("s" * 64, "HS512"), "not valid"),
        (without_signature(), "not valid"),
        (signed(exp=NOW_S), "expired"),
        (signed(exp=NOW_S - 1), "expired"),
        (signed(exp="tomorrow"), "must be numbers"),
        (signed(nbf=NOW_S + 10), "not valid yet"),
        (signed(sub=""), "names no user"),
        (signed(sub=5), "names no user"),
        (signed(sub="x" * 201), "names no user"),
        (jwt.encode({"sub": "alice"}, SECRET, "HS256"), "not valid"),
        (jwt.encode({"exp": NOW_S + 1}, SECRET, "HS256"), "names no user"),
    ],
)
def test_any_other_is_refused(token: str | None, says: str) -> None:
    with pytest.raises(SyncbedError, match=says):
        TOKENS.verify(token, NOW_S)


def test_without_a_secret_nobody_is_let_in() -> None:
    with pytest.raises(SyncbedError, match="SYNCBED_TOKEN_SECRET"):
        Tokens(None).verify(signed(), NOW_S)

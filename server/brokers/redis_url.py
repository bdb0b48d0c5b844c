"""Redis addresses as they may be shown to people."""

from __future__ import annotations

import re


def without_password(url: str) -> str:
    """Works on any text: a mistyped address may hold a password, too."""
    scheme, slashes, rest = url.rpartition("://")
    login, at, place = rest.rpartition("@")
    host, question, query = place.partition("?")
    if ":" in login:
        login = login.partition(":")[0] + ":***"
    query = re.sub(r"(^|&)password=[^&]*", r"\1password=***", query)
    return scheme + slashes + login + at + host + question + query

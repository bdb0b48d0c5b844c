"""What is a secret, and what stands in its place: one list for the wire, the trace and all made of them.

A secret is known by the name it goes by (a key, a header, a query parameter, a cookie), whatever its
value is, or by its shape (a Bearer credential, a JWT). Standard library only: the wire and the trace
both import it, and it imports neither.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

REDACTED = "[redacted]"
WORD_CHARACTERS_MAX, WORDS_MAX = 80, 4096  # what is looked into once, while it is remembered
JSON_CHARACTERS_MAX = 4 * 1024 * 1024  # a longer text is searched by pattern alone

_NAME = (
    r"[a-z0-9_-]*authorization|(?:set-)?cookie|sec-websocket-protocol|_?csrf|(?:x-)?auth"
    r"|[a-z0-9_-]*(?:token|(?:api|access|auth|private|secret)[_-]?key|passw(?:or)?d|passphrase|secret)"
    r"|[a-z0-9_-]*credentials?"
    r"|[a-z0-9_-]*(?:session|sess[_-]?id|session[_-]?id)|(?:[a-z0-9]+[._-])?sid|jwt|ticket"
)
SECRET_NAME = re.compile(rf"(?i){_NAME}")
# Every secret holds one of these: what does not is left alone without another look.
_HINT = re.compile(
    r"(?i)auth|cookie|protocol|csrf|token|key|passw|passphrase|secret|credential|sess|sid|jwt|ticket|bearer|eyJ"
)
_QUOTE = r'\\*"'
_STRING = r'\\*"(?:[^"\\]|\\[^"])*(?:\\*"|$)'
# An object or a list is taken to its end, or, when the text was cut or nests deeper, as far as it is flat.
_VALUE = rf"(?:{_STRING}|\{{[^{{}}]*(?:\}}|$)|\[[^\[\]]*(?:\]|$)|[^\s,\[\]{{}}\"]+)"
_IN_TEXT = (
    (re.compile(rf"(?i)({_QUOTE}(?:{_NAME}){_QUOTE}\s*:\s*)(?!null\b){_VALUE}"), "json"),
    (re.compile(rf"(?i)((?:^|[?&;\s])(?:{_NAME})=)[^&#;\s\"]+"), rf"\1{REDACTED}"),
    (re.compile(r"\b([Bb]earer\s+)[A-Za-z0-9._~+/=-]{16,}"), rf"\1{REDACTED}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), REDACTED),
    (re.compile(r"(?im)^((?:proxy-)?authorization):.*$"), rf"\1: {REDACTED}"),
)


def redact(value: Any) -> Any:
    """The same JSON without its secrets. Redacting twice changes nothing."""
    if isinstance(value, str):
        return redact_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: REDACTED if _secret(key, each) else redact(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        if len(value) == 2 and isinstance(value[0], str) and _secret(*value):  # a header
            return [value[0], REDACTED]
        return [redact(each) for each in value]
    return value


def redact_text(text: str) -> str:
    """A text without its secrets: of JSON by its keys, of anything else by what it looks like."""
    return _again(text) if len(text) <= WORD_CHARACTERS_MAX else _redacted(text)


def redact_query(query: str) -> str:
    return redact_text(f"?{query}")[1:]


def _redacted(text: str) -> str:
    if _HINT.search(text) is None:
        return text
    if text.lstrip()[:1] in ("{", "[") and len(text) <= JSON_CHARACTERS_MAX:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            pass  # no JSON, or cut
        else:
            redacted = redact(found)
            same = redacted == found
            return text if same else json.dumps(redacted, ensure_ascii=False, separators=(",", ":"))
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(_instead_of_json if instead == "json" else instead, text)
    return text


# A run says the same words over and over: the names of tabs, keys, titles, paths.
_again = lru_cache(WORDS_MAX)(_redacted)


def _instead_of_json(found: re.Match[str]) -> str:
    """As deep in escapes as the key was."""
    quote = found[1][: found[1].index('"') + 1]
    return f"{found[1]}{quote}{REDACTED}{quote}"


def _secret(name: object, value: object) -> bool:
    return isinstance(name, str) and value is not None and _is_secret_name(name)


@lru_cache(WORDS_MAX)
def _is_secret_name(name: str) -> bool:
    return SECRET_NAME.fullmatch(name) is not None

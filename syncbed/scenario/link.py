"""A link that carries a whole scenario: `#s=` and base64url of the raw deflate of its JSON.

It stands in the fragment, so no server is ever sent it. Whoever opens one has not chosen what it holds: it
is unpacked within limits and checked, shown, and never run by itself. Pure.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from ..redaction import redact
from .scenario import Scenario, parse_scenario

PREFIX = "s="
LINK_CHARACTERS_MAX = 65_536  # Chromium keeps addresses of 2 MB; what people paste into cuts long before
JSON_BYTES_MAX = 512 * 1024


class LinkError(ValueError):
    """A link that cannot be made or read. The message says what to do."""


def to_link(raw: Any) -> str:
    """The fragment, without `#`, that carries a scenario. Secrets are taken out."""
    text = json.dumps(redact(raw), ensure_ascii=False, separators=(",", ":"))
    squeeze = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = squeeze.compress(text.encode()) + squeeze.flush()
    link = PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(link) > LINK_CHARACTERS_MAX:
        raise LinkError(
            f"the link would have {len(link)} characters, more than {LINK_CHARACTERS_MAX}: save the scenario "
            "as a file instead"
        )
    return link


def is_link(text: str) -> bool:
    """Whether it is an address with a scenario in its fragment, or such a fragment alone."""
    return fragment_of(text).startswith(PREFIX)


def fragment_of(text: str) -> str:
    """What stands after the `#` of an address; a fragment alone is one already."""
    before, hash_sign, after = text.strip().partition("#")
    return after if hash_sign else before


def from_link(link: str) -> Any:
    """The JSON that a fragment carries, not checked as a scenario."""
    text = fragment_of(link)
    if not text.startswith(PREFIX):
        raise LinkError(f"a link to a scenario has #{PREFIX} and its text")
    if len(text) > LINK_CHARACTERS_MAX:
        raise LinkError(f"the link has {len(text)} characters, more than {LINK_CHARACTERS_MAX}")
    text = text.removeprefix(PREFIX)
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        # What a few bytes unpack to has no bound of its own.
        unpack = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        found = unpack.decompress(packed, JSON_BYTES_MAX + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise LinkError(f"the link is damaged, ask for it again: {error}") from None
    if len(found) > JSON_BYTES_MAX:
        raise LinkError(f"the scenario in the link has more than {JSON_BYTES_MAX} bytes")
    if not unpack.eof or unpack.unused_data:
        raise LinkError("the link is damaged, ask for it again: its end is missing")
    try:
        return json.loads(found)
    except (ValueError, RecursionError) as error:
        raise LinkError(f"what the link holds is no JSON: {error}") from None


def scenario_in(link: str, name: str = "link") -> Scenario:
    """The scenario that a link carries. Raises `LinkError` or `ScenarioError`."""
    return parse_scenario(from_link(link), name)

"""Planted bugs: each a small patch of the reference SDK, with the invariant that must catch it.

The test of the tester: a bed that calls a broken SDK sound is worth nothing. No bug switch lives in
the SDK itself; a patched module is served in its place.
"""

from .bug import Bug, Patch, ZooError, patched
from .bugs import ZOO

__all__ = ["ZOO", "Bug", "Patch", "ZooError", "patched"]

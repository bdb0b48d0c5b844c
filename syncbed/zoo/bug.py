"""What a planted bug is, and how the modules that carry it are made. Knows no wire and no scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ZooError(Exception):
    """A bug that cannot be planted: the SDK is no longer what its patch was made for."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One place of one module. `old` must stand in it exactly once."""

    path: str  # under static/: sdk/mutations.js
    old: str
    new: str

    def applied_to(self, text: str) -> str:
        """The module with the bug in it. Raises `ZooError`."""
        if (times := text.count(self.old)) != 1:
            found = "no longer there" if times == 0 else f"there {times} times"
            raise ZooError(
                f"static/{self.path} has changed: what the patch replaces is {found}; anchor it anew:\n"
                f"{self.old}"
            )
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Bug:
    """`about` says in plain words what is wrong; `invariant` is the one that must catch it."""

    name: str
    title: str
    about: str
    invariant: str
    patches: tuple[Patch, ...]

    def to_json(self) -> dict[str, str]:
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "invariant": self.invariant,
        }


def patched(bug: Bug, static: Path) -> Mapping[str, str]:
    """URL path -> text, of each module that is served in another's place: `/static/sdk/mutations.js`.

    Raises `ZooError`, with the bug's name, if one of its patches does not apply.
    """
    found: dict[str, str] = {}
    for patch in bug.patches:
        url = f"/static/{patch.path}"
        try:
            text = found.get(url) or (static / patch.path).read_text(encoding="utf-8")
            found[url] = patch.applied_to(text)
        except OSError as error:
            raise ZooError(f"{bug.name}: static/{patch.path} cannot be read: {error.strerror}") from None
        except ZooError as error:
            raise ZooError(f"{bug.name}: {error}") from None
    return found

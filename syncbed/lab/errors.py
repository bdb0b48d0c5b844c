"""What the lab answers instead of doing it: a code for the page, a sentence for the person."""

from __future__ import annotations

CODES = {
    "unknown": "there is no such command",
    "invalid": "an argument is missing, or not as it may be",
    "refused": "it cannot be done here, by name and with the reason",
    "world": "the world could not do it; it goes on",
    "diverged": "a replay asked for something that is not there",
    "no_world": "there is no running world: reset makes one",
    "busy": "something else is under way that this would break",
    "port": "the lab cannot listen there",
    "failed": "a mistake of the lab's own",
}


class LabError(Exception):
    """The message says what was wrong, where, and what to do."""

    def __init__(self, code: str, text: str) -> None:
        assert code in CODES
        self.code = code
        self.text = text
        super().__init__(text)

    def to_json(self) -> dict[str, str]:
        return {"code": self.code, "text": self.text}

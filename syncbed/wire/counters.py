"""Conserving messages: what was got from one side and put to the other, counted at the parse.

For each (profile, tab, kind, direction): got + extra = put + lost + waiting. `kind` is http
(requests and answers), chunk (of a streaming answer) or ws (messages). Pure.
"""

from dataclasses import dataclass

Key = tuple[str, str, str, str]


@dataclass(slots=True)
class Tally:
    got: int = 0
    put: int = 0
    lost: int = 0
    extra: int = 0  # delivered more than once by a tcp_impossible rule

    @property
    def waiting(self) -> int:
        return self.got + self.extra - self.put - self.lost

    def to_json(self) -> dict[str, int]:
        return {
            "got": self.got,
            "put": self.put,
            "lost": self.lost,
            "extra": self.extra,
            "waiting": self.waiting,
        }


class Counters:
    def __init__(self) -> None:
        self._tallies: dict[Key, Tally] = {}

    def tally(self, key: Key) -> Tally:
        found = self._tallies.get(key)
        if found is None:
            found = self._tallies[key] = Tally()
        return found

    def total(
        self, *, kind: str | None = None, direction: str | None = None, profile: str | None = None
    ) -> Tally:
        """The sum over every tally that has the given kind, direction and profile."""
        wanted = (profile, None, kind, direction)
        found = Tally()
        for key, tally in self._tallies.items():
            if all(want is None or want == part for want, part in zip(wanted, key, strict=True)):
                found.got += tally.got
                found.put += tally.put
                found.lost += tally.lost
                found.extra += tally.extra
        return found

    def restart(self) -> None:
        """From zero, but what is still waiting stays counted as got."""
        for tally in self._tallies.values():
            tally.got, tally.put, tally.lost, tally.extra = tally.waiting, 0, 0, 0

    def to_json(self) -> list[dict[str, object]]:
        return [
            {"profile": profile, "tab": tab, "kind": kind, "direction": direction, **tally.to_json()}
            for (profile, tab, kind, direction), tally in sorted(self._tallies.items())
        ]

"""The contract of a fault.

A fault is a frozen dataclass that is also its JSON: `{"kind": "delay", "delay_ms": 200}`. Asked
about one message it answers with one action. It is pure: time and chance come in as a `Moment`,
what it cannot know (which messages it is meant for, how often) is the rule's business, and doing
the action is the wire's.
"""

from dataclasses import dataclass
from typing import ClassVar

from .. import fields
from ..errors import WireError
from ..message import Message
from .actions import Action


@dataclass(frozen=True, slots=True)
class Moment:
    """When a fault is asked. `free_at_ms` is when the last message before this one leaves."""

    now_ms: float = 0.0
    chance: float = 0.0  # from 0 up to 1, made from the run's seed and the message's name
    free_at_ms: float = 0.0


@dataclass(frozen=True)
class Fault:
    kind: ClassVar[str]
    # Where it can act, and where it acts if the rule does not say.
    stages: ClassVar[tuple[str, ...]]
    default_stages: ClassVar[tuple[str, ...]]
    # Whether the whole body should be there before it acts on a request or an answer.
    wants_body: ClassVar[bool] = True
    # Whether it can strike a living connection the moment its rule is added ("now": true).
    strikes: ClassVar[bool] = False
    # Whether it always does so.
    strikes_always: ClassVar[bool] = False

    def check(self, path: str) -> None:
        """Refuse what the checks of single fields cannot see; `path` is where the fault stands."""

    def concerns(self, message: Message) -> bool:
        """Whether it would do anything to a message at one of its stages."""
        return True

    def act(self, message: Message, moment: Moment) -> Action:
        raise NotImplementedError

    def strike(self) -> Action:
        """What it does to a living connection, without a message."""
        raise WireError("invalid", f"{self.kind} cannot strike a living connection", path="/now")

    @property
    def closes_listener(self) -> bool:
        """Whether, for a whole profile, it is done by not listening at all."""
        return False


@dataclass(frozen=True)
class TcpImpossible(Fault):
    """A fault that no TCP connection can have; it must be asked for by name."""

    stages: ClassVar[tuple[str, ...]] = ("frame",)
    default_stages: ClassVar[tuple[str, ...]] = ("frame",)

    tcp_impossible: bool = fields.flag(False)

    def check(self, path: str) -> None:
        if not self.tcp_impossible:
            raise WireError(
                "tcp_impossible",
                f"{self.kind} changes one frame of a living connection, which TCP never does",
                path=f"{path}/tcp_impossible",
                allowed=["true"],
            )

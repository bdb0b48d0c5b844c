"""Rules: which messages, how often, what happens to them.

A rule is `{"id", "match", "skip", "limit", "chance", "now", "fault"}`. The first rule of the book
that fits a message and is not spent decides about it. Pure: time is passed in, and chance is made
from the seed, the rule and the message's name, so the same message meets the same luck in every run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import fields
from .errors import WireError
from .faults import Fault, Moment, fault_from_json, fault_to_json
from .faults.actions import Action
from .match import CONNECTION_KEYS, Match
from .message import DIRECTIONS_OF_STAGE, KIND_OF_STAGE, Message

RULES_MAX = 1000


@dataclass(frozen=True)
class Terms:
    """How often a rule acts: it skips the first `skip` fitting messages, then acts `limit` times."""

    skip: int = fields.integer(0, 1_000_000_000, 0)
    limit: int | None = fields.integer(1, 1_000_000_000, None)
    chance: float = fields.number(0, 1, 1.0)
    now: bool = fields.flag(False)  # strike the living connections that match when the rule is added


@dataclass(slots=True)
class Rule:
    id: str
    match: Match
    fault: Fault
    terms: Terms
    stages: frozenset[str]
    fitted: int = 0  # messages it was meant for
    acted: int = 0  # messages (or living connections) it acted on: what a receipt counts
    hit: list[str] = field(default_factory=list)  # connections struck when it was added

    @property
    def spent(self) -> bool:
        return self.terms.limit is not None and self.acted >= self.terms.limit

    @property
    def closes_listener(self) -> bool:
        return self.fault.closes_listener and self.match.only_profile and self.terms == Terms()

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "match": fields.write(self.match),
            **fields.write(self.terms),
            "fault": fault_to_json(self.fault),
            "fitted": self.fitted,
            "acted": self.acted,
            "hit": self.hit,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule wants done. It counts as acted from now on, unless `void` says that nothing came of it."""

    rule: Rule
    action: Action

    def void(self) -> None:
        self.rule.acted -= 1


def rule_from_json(raw: object, path: str = "", rule_id: str = "") -> Rule:
    """A rule from its JSON; what `to_json` adds (`fitted`, `acted`, `hit`) is read over."""
    also = ("id", "match", "fault")
    if isinstance(raw, Mapping):
        raw = {key: value for key, value in raw.items() if key not in ("fitted", "acted", "hit")}
    terms = fields.read(Terms, raw, path, also=also)
    assert isinstance(raw, Mapping)
    given_id = raw.get("id", rule_id)
    if not isinstance(given_id, str) or not 0 < len(given_id) <= 100:
        raise WireError(
            "invalid",
            f"{given_id!r} is no id",
            path=f"{path}/id",
            allowed=["a string of 1 to 100 characters"],
        )
    fault = fault_from_json(raw.get("fault"), f"{path}/fault")
    match = fields.read(Match, raw.get("match", {}), f"{path}/match")
    return Rule(given_id, match, fault, terms, _stages(match, fault, terms, path))


def _stages(match: Match, fault: Fault, terms: Terms, path: str) -> frozenset[str]:
    """Where the rule acts, or an error that says which key makes it impossible."""
    if match.stage is not None and match.stage not in fault.stages:
        raise WireError(
            "invalid",
            f"{fault.kind} cannot act on a {match.stage}",
            path=f"{path}/match/stage",
            allowed=fault.stages,
        )
    stages = {match.stage} if match.stage is not None else set(fault.default_stages)
    if match.kind is not None and not (stages := {s for s in stages if KIND_OF_STAGE[s] == match.kind}):
        raise WireError(
            "invalid",
            f"{fault.kind} does not act on {match.kind}",
            path=f"{path}/match/kind",
            allowed=sorted({KIND_OF_STAGE[s] for s in fault.stages} - {"connect"}),
        )
    if match.direction is not None and not (
        stages := {s for s in stages if match.direction in DIRECTIONS_OF_STAGE[s]}
    ):
        raise WireError(
            "invalid",
            f"{fault.kind} does not act on what goes {match.direction} there",
            path=f"{path}/match/direction",
            allowed=sorted({d for s in fault.stages for d in DIRECTIONS_OF_STAGE[s]}),
        )
    if stages == {"connect"} and not match.only_profile:
        extra = sorted(set(fields.write(match)) - {"profile", "stage"})[0]
        raise WireError(
            "invalid",
            "nothing was read yet when a connection is accepted, so only its profile is known",
            path=f"{path}/match/{extra}",
            allowed=["profile", "stage"],
        )
    if stages == {"connect"} and fault.closes_listener and terms != Terms():
        raise WireError(
            "invalid",
            "what the kernel refuses cannot be counted",
            path=f"{path}/fault/how",
            allowed=["reset"],
        )
    if terms.now:
        _check_strike(match, fault, path)
    return frozenset(stages)


def _check_strike(match: Match, fault: Fault, path: str) -> None:
    if not fault.strikes:
        raise WireError(
            "invalid", f"{fault.kind} needs a message to act on", path=f"{path}/now", allowed=["false"]
        )
    # A direction says which side a stall stops reading from.
    known = CONNECTION_KEYS | {"direction"}
    if extra := sorted(set(fields.write(match)) - known):
        raise WireError(
            "invalid",
            "a rule that acts now means connections, not what travels on them",
            path=f"{path}/match/{extra[0]}",
            allowed=sorted(known),
        )


class RuleBook:
    """The rules in force, in order, and which tab leads each profile."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.rules: dict[str, Rule] = {}
        self.leaders: dict[str, str] = {}  # profile -> tab; until told otherwise, tab 1 leads
        self._last_id = 0

    def parse(self, raw: object) -> list[Rule]:
        """Rules from the JSON of one rule, a list, or `{"rules": [...]}`. Nothing is added."""
        if isinstance(raw, Mapping) and set(raw) == {"rules"}:
            raw = raw["rules"]
        several = isinstance(raw, list)
        found: list[Rule] = []
        for index, entry in enumerate(raw if isinstance(raw, list) else [raw]):
            self._last_id += 1
            path = f"/{index}" if several else ""
            rule = rule_from_json(entry, path, f"r{self._last_id}")
            if rule.id in self.rules or any(rule.id == other.id for other in found):
                raise WireError("duplicate_rule", f"there is a rule {rule.id!r} already", path=f"{path}/id")
            found.append(rule)
        if len(self.rules) + len(found) > RULES_MAX:
            raise WireError("limit", f"at most {RULES_MAX} rules", path="/")
        return found

    def add(self, rules: list[Rule]) -> None:
        self.rules.update((rule.id, rule) for rule in rules)

    def remove(self, rule_id: str) -> Rule:
        rule = self.rules.pop(rule_id, None)
        if rule is None:
            raise WireError("unknown_rule", f"there is no rule {rule_id!r}", path="/id", allowed=self.rules)
        return rule

    def wants_body(self, message: Message) -> bool:
        """Whether a request or answer, known by its head, has to be taken whole before `decide`."""
        for rule in self.rules.values():
            if (
                message.stage in rule.stages
                and not rule.spent
                and rule.match.fits_head(message, self._leader(message))
                and (rule.match.reads_payload or rule.fault.wants_body)
            ):
                return True
        return False

    def decide(self, message: Message, now_ms: float, free_at_ms: float = 0.0) -> Decision | None:
        """What happens to a message: the first rule that fits, acts and is not spent, or None."""
        for rule in self.rules.values():
            if (
                message.stage not in rule.stages
                or rule.terms.now
                or rule.spent
                or not rule.match.fits(message, self._leader(message))
                or not rule.fault.concerns(message)
            ):
                continue
            rule.fitted += 1
            if rule.fitted <= rule.terms.skip:
                continue
            if rule.terms.chance < 1 and self.chance(rule, message, "acts") >= rule.terms.chance:
                continue
            rule.acted += 1
            moment = Moment(now_ms, self.chance(rule, message, "how"), free_at_ms)
            return Decision(rule, rule.fault.act(message, moment))
        return None

    def chance(self, rule: Rule, message: Message, what: str) -> float:
        """From 0 up to 1, the same for the same seed, rule and message."""
        text = f"{self.seed}\n{rule.id}\n{message.name}\n{what}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def _leader(self, message: Message) -> str:
        return self.leaders.get(message.profile, "1")

"""The faults that live on the wire: one a file, each also its JSON. Pure: no I/O, clock or chance."""

from collections.abc import Mapping

from .. import fields
from ..errors import WireError
from .answer_lost import AnswerLost
from .base import Fault, Moment
from .close import Close
from .cut import Cut
from .delay import Delay
from .drop import Drop
from .duplicate import Duplicate
from .duplicate_request import DuplicateRequest
from .half_open import HalfOpen
from .http_status import HttpStatus
from .offline import Offline
from .refuse import Refuse
from .reorder import Reorder
from .slow_handshake import SlowHandshake
from .stall import Stall
from .throttle import Throttle

FAULTS: dict[str, type[Fault]] = {
    "cut": Cut,
    "close": Close,
    "refuse": Refuse,
    "half_open": HalfOpen,
    "stall": Stall,
    "slow_handshake": SlowHandshake,
    "delay": Delay,
    "throttle": Throttle,
    "answer_lost": AnswerLost,
    "duplicate_request": DuplicateRequest,
    "http_status": HttpStatus,
    "offline": Offline,
    "drop": Drop,
    "duplicate": Duplicate,
    "reorder": Reorder,
}

__all__ = ["FAULTS", "Fault", "Moment", "fault_from_json", "fault_to_json"]


def fault_from_json(raw: object, path: str = "/fault") -> Fault:
    """The fault that a JSON object describes; `kind` names it, the other keys are its own."""
    if not isinstance(raw, Mapping):
        raise WireError("invalid", f"{raw!r} is no fault", path=path, allowed=['{"kind": ..., ...}'])
    kind = raw.get("kind")
    cls = FAULTS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise WireError("invalid", f"{kind!r} is no fault", path=f"{path}/kind", allowed=FAULTS)
    fault = fields.read(cls, raw, path, also=("kind",))
    fault.check(path)
    return fault


def fault_to_json(fault: Fault) -> dict[str, object]:
    return {"kind": fault.kind, **fields.write(fault)}

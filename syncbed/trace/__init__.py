"""The one event log of a run: what was asked, shown, sent, broken and committed, in one JSONL.

Owns the kinds of records, their file, what is redacted from it, and what order may be claimed.
Standard library only, so that a judge can be trusted to know nothing of what it judges; it never
imports the wire, whose records come in as their own JSON (`from_wire.py`).
"""

from ..redaction import redact
from .file import TraceError, TraceWriter, read_trace
from .from_wire import WireRecords
from .kinds import (
    ACTS,
    KINDS,
    Broadcast,
    Bypass,
    Choice,
    Clock,
    Commit,
    Connection,
    Event,
    Expectation,
    Fail,
    Fault,
    Frame,
    Header,
    Heal,
    Info,
    Invoke,
    Kind,
    Lifted,
    LogRead,
    Note,
    Ok,
    Receipt,
    Settled,
    Snapshot,
    State,
    Step,
    Stopped,
    Subscribed,
    TabLife,
    TabMessage,
    View,
)
from .prose import Teller, is_message, tell
from .record import Record, RecordError, from_json, to_json
from .redact import PAYLOAD_CHARACTERS_MAX
from .sequel import in_order
from .tokens import document_of, mark, profile_of, token_in
from .trace import FaultSpan, Op, Trace
from .words import answered_words, request_words

__all__ = [
    "ACTS",
    "KINDS",
    "PAYLOAD_CHARACTERS_MAX",
    "Broadcast",
    "Bypass",
    "Choice",
    "Clock",
    "Commit",
    "Connection",
    "Event",
    "Expectation",
    "Fail",
    "Fault",
    "FaultSpan",
    "Frame",
    "Header",
    "Heal",
    "Info",
    "Invoke",
    "Kind",
    "Lifted",
    "LogRead",
    "Note",
    "Ok",
    "Op",
    "Receipt",
    "Record",
    "RecordError",
    "Settled",
    "Snapshot",
    "State",
    "Step",
    "Stopped",
    "Subscribed",
    "TabLife",
    "TabMessage",
    "Teller",
    "Trace",
    "TraceError",
    "TraceWriter",
    "View",
    "WireRecords",
    "answered_words",
    "document_of",
    "from_json",
    "in_order",
    "is_message",
    "mark",
    "profile_of",
    "read_trace",
    "redact",
    "request_words",
    "tell",
    "to_json",
    "token_in",
]

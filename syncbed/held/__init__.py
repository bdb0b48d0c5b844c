"""Held mode: messages and time wait, until someone chooses what happens next."""

from .errors import DivergedError, HeldError, NotQuietError
from .held import EPOCH_MS, UNCONTROLLED, Held
from .page import PageTab, page_script
from .quiet import QuietLimits
from .schedule import (
    Choice,
    advance,
    choice_from_json,
    deliver,
    end_after,
    end_before,
    fire,
    schedule_from_json,
    schedule_to_json,
)
from .tabs import Tab, Timer

__all__ = [
    "EPOCH_MS",
    "UNCONTROLLED",
    "Choice",
    "DivergedError",
    "Held",
    "HeldError",
    "NotQuietError",
    "PageTab",
    "QuietLimits",
    "Tab",
    "Timer",
    "advance",
    "choice_from_json",
    "deliver",
    "end_after",
    "end_before",
    "fire",
    "page_script",
    "schedule_from_json",
    "schedule_to_json",
]

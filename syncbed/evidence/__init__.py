"""Taking evidence while a run goes on: one recorder that all sources write to, and what is known so far."""

from .recorder import BED, DRIVER, WIRE, Recorder
from .watch import TabSeen, Watch

__all__ = ["BED", "DRIVER", "WIRE", "Recorder", "TabSeen", "Watch"]

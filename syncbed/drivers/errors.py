"""What a driver says when it cannot do what it was asked."""

from __future__ import annotations


class DriverError(RuntimeError):
    """The browser did not do it, or cannot. The message says what was wrong and what to do."""

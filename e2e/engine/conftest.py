"""The engine's tests: whole scenarios in real tabs through the wire, judged by their traces."""

from __future__ import annotations

from e2e.driver.conftest import stage

__all__ = ["stage"]

"""The judges: one invariant a file, pure functions of a trace. Standard library and `trace` only."""

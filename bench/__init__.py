"""Benchmarks: ratios within one run, because machines are noisy. `scripts/bench NAME` runs one."""

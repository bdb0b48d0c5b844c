"""What this server tells of itself: one table of instruments, read by Prometheus and by OpenTelemetry.

`instruments` is the table, `metrics` counts, `spans` traces, `configure` starts OpenTelemetry's SDK if it is
there and asked for. Without it the API alone is here, which does nothing.
"""

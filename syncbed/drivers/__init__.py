"""Drivers: who plays a scenario's tabs. `tabs` does it in real Chromium, `panes` in frames
of the lab and in windows.

Owns profiles, tabs, what is done to them and what they report. Refuses to know scenarios, verdicts
and the wire's rules; Playwright is imported here and nowhere else in `syncbed`, and only by what drives
a Chromium of our own (`chromium*.py`, `tabs.py`, `traffic.py`).
"""

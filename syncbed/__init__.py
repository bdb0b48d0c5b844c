"""The instrument: real tabs, real faults, a picture of what happened, and a verdict.

Nothing in this package imports `server`: the system under test is started as a process,
so that killing it is real and so that any other server can stand in its place.
"""

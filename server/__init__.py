"""The system under test: the reference sync server. `syncbed` starts it as a process, never imports it."""

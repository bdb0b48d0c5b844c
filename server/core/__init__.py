"""The core without I/O: no sockets, no tasks, no clock, no chance. Time and chance are passed in."""

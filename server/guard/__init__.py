"""Who may come in, how much of it, and the faults that a test asks for. Pure: clocks are passed in."""

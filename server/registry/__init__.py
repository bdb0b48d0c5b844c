"""Who is connected, to which instance: one contract, two implementations."""

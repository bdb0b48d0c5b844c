"""Where acknowledged data lives and how instances hear of each other: one contract, two implementations."""

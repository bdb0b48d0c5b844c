"""What application code uses: tell clients something, and handle messages of its own types."""

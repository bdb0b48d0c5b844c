"""Collections: items, versions and idempotent mutations, over any broker."""

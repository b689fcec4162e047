"""real: to come."""

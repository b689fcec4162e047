"""broker: to come."""

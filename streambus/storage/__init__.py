"""storage: to come."""

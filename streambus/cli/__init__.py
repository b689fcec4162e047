"""cli: to come."""

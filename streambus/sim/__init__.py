"""sim: to come."""

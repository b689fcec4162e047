"""checkers: to come."""

"""records: to come."""

"""wire: to come."""

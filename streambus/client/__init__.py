"""client: to come."""

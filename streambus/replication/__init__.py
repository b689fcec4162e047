"""replication: to come."""

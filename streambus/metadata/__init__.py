"""metadata: to come."""

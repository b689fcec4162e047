"""reporting: to come."""

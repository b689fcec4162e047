"""Limits of the broker that is killed: so small that a second has what otherwise takes days."""

LIMITS = """\
[broker]
log.retention.check.interval.ms = 300
[store]
segment_bytes = 131072
record_bytes_max = 16384
manifest_bytes = 4096
recent_bytes = 65536
cache_bytes = 262144
delete_delay_ms = 100
retry_delay_ms = 500
garbage_bytes_min = 65536
[store.picker]
fan_in = 3
entry_fan_in = 2
entry_bytes_min = 4096
garbage_bytes_min = 131072
table_bytes = 262144
"""
"""A configuration file for `streambus serve`."""

RETENTION_BYTES = 200_000
"""Of one partition of a topic that keeps little."""

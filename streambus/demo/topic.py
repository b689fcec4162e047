"""The topic that the demo writes to, the same in both worlds."""

TOPIC = "characters"
PARTITIONS = 6
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
"""One producer for each."""

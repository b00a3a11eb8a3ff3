"""What it runs on. Not measured: choose your own."""

import msgspec


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """Machines, and how full they may get."""

    cores_per_node: int = 16
    """Of a Cassandra node or a Kafka broker."""
    node_tb: float = 4
    """Disk of a Cassandra node."""
    broker_tb: float = 8
    broker_mb_s: float = 100
    """That a broker takes in, copies included."""
    copies: int = 3
    used: float = 0.6
    """Share of processors that may be busy in the busiest hour, 0 to 1: the rest is for the loss of a zone, repairs and
    rebuilds."""
    disk_used: float = 0.5
    """Share of disks that may be full: compaction and a rebuild's second copy need the rest."""
    partitions: int = 48
    page_kb: float = 12
    """Of a page of ten cards as it goes to a client."""

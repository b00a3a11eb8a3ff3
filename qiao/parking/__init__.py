"""The parked events of a running platform, and asking the owners of their partitions about them."""

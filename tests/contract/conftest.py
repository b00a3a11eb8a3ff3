"""What the contract suites share."""

from tests.contract.cassandra import open_session

__all__ = ["open_session"]

"""Real Kafka and Cassandra on one machine, from Maven Central, without containers: for development, tests, bench."""

from qiao.servers.cassandra import CassandraServer
from qiao.servers.command import servers_command
from qiao.servers.errors import ServerDied, ServersError
from qiao.servers.kafka import KafkaServer

__all__ = ["CassandraServer", "KafkaServer", "ServerDied", "ServersError", "servers_command"]

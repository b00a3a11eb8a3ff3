"""The Kafka twin of the log, on aiokafka."""

from libs.log.kafka.log import KafkaLog, open_log
from libs.log.kafka.settings import KafkaSettings

__all__ = ["KafkaLog", "KafkaSettings", "open_log"]

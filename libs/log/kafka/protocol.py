"""Two requests of Kafka's protocol in newer versions than aiokafka speaks.

Metadata 12 tells the ids of topics. Heartbeat 3 carries the static member's instance id (see fencing.py).
"""

from io import BytesIO
from uuid import UUID

from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

FENCED_INSTANCE_ID = 82
"""The error code that aiokafka does not know."""


class Uuid(AbstractType[UUID]):
    """16 bytes."""

    @classmethod
    def encode(cls, value: UUID) -> bytes:
        """To the wire."""
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        """From the wire."""
        return UUID(bytes=data.read(16))


class MetadataResponse12(Response):
    """Brokers and topics, with ids."""

    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class MetadataRequest12(RequestStruct):
    """Topics to describe; None for all."""

    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = MetadataResponse12
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class DescribeTopics(Request[MetadataRequest12]):
    """All topics, or (to see whether a broker answers) none."""

    API_KEY = 3

    def __init__(self, *, everything: bool) -> None:
        """`everything` or nothing."""
        self._topics: list[object] | None = None if everything else []

    def build(self, request_struct_class: type[MetadataRequest12]) -> MetadataRequest12:
        """The request of the version that was agreed on."""
        return request_struct_class(self._topics, False, False, {})


class HeartbeatResponse3(Response):
    """Whether the member is still one."""

    API_KEY = 12
    API_VERSION = 3
    SCHEMA = Schema(("throttle_time_ms", Int32), ("error_code", Int16))


class HeartbeatRequest3(RequestStruct):
    """A static member is there."""

    API_KEY = 12
    API_VERSION = 3
    RESPONSE_TYPE = HeartbeatResponse3
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
    )


class StaticHeartbeat(Request[HeartbeatRequest3]):
    """Says under which instance id it beats."""

    API_KEY = 12

    def __init__(self, group: str, generation: int, member: str, instance: str) -> None:
        """As aiokafka's heartbeat, and the instance id."""
        self._values = (group, generation, member, instance)

    def build(self, request_struct_class: type[HeartbeatRequest3]) -> HeartbeatRequest3:
        """The request of the version that was agreed on."""
        return request_struct_class(*self._values)

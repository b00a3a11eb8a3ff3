"""Hearing from the broker that another process has this member's instance id.

aiokafka leaves the instance id out of its heartbeats, is told that it is unknown, joins again and so throws the other
one out, which does the same, twice a second without end. With the id in the heartbeat the broker says "fenced" to the
older of the two, and aiokafka gives up, as it should.
"""

from collections.abc import Callable

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.api import Request, Response
from aiokafka.protocol.group import HeartbeatRequest

from libs.log.kafka.protocol import FENCED_INSTANCE_ID, StaticHeartbeat


def watch_for_fencing(consumer: AIOKafkaConsumer, group: str, instance: str, on_fenced: Callable[[], None]) -> None:
    """For a consumer that was started and is not subscribed yet. `on_fenced` may be called more than once.

    The coordinator is private to aiokafka, whose version is pinned exactly for such reasons.
    """
    coordinator = consumer._coordinator
    send = coordinator._send_req

    async def send_as_instance(request: Request) -> Response:
        if isinstance(request, HeartbeatRequest):
            request = StaticHeartbeat(group, coordinator.generation, coordinator.member_id, instance)
        response = await send(request)
        if getattr(response, "error_code", 0) == FENCED_INSTANCE_ID:
            on_fenced()
        return response

    coordinator._send_req = send_as_instance

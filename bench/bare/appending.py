"""`python -m bench.bare.appending PORT KAFKA TOPIC`: appends 300 bytes to Kafka for every follow."""

import sys

import uvloop
from aiohttp import web
from aiokafka import AIOKafkaProducer

from bench.bare.kafka import create_topic
from bench.bare.serving import serve

VALUE = b" " * 300


async def main(port: int, kafka: str, topic: str) -> None:
    """Each is acknowledged by Kafka before it is answered with 204."""
    await create_topic(kafka, topic)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all")
    await producer.start()

    async def follow(request: web.Request) -> web.Response:
        await producer.send_and_wait(topic, VALUE, request.match_info["handle"].encode())
        return web.Response(status=204)

    application = web.Application()
    application.router.add_put("/v1/accounts/{handle}/follow", follow)
    try:
        await serve(application, port)
    finally:
        await producer.stop()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))

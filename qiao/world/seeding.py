"""Making the sample world through the gateway, as its people would: once, however often it is asked for.

A person is found again by handle, a post by its author and text; a repeated request carries the same Idempotency-Key.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from qiao.load import Gateway, Lane, Person, Refused, Reply, each
from qiao.load.lanes import Done, nobody
from qiao.load.people import Newcomer, join
from qiao.world.sample import SAMPLE_PASSWORD, Inhabitant, Saying, sample

CONNECTIONS = 8
PAGE = 100


def steps() -> int:
    """How often `done` is called."""
    return len(sample().people) * 2 + len(sample().posts) * 2


class Seeded(msgspec.Struct, frozen=True):
    """What there is now."""

    people: int
    posts: int
    new_posts: int


class _Post(msgspec.Struct, frozen=True):
    id: UUID
    text: str


class _Page(msgspec.Struct, frozen=True):
    items: Sequence[_Post]


Change = tuple[Person, str]
"""Who, and the address of what they PUT."""


async def seed(gateway: Gateway, done: Done = nobody) -> Seeded:
    """Make what is missing. Raises Refused, GatewayAway."""
    seeding, people, posts = _Seeding(), sample().people, sample().posts
    await each(gateway, CONNECTIONS, people, seeding.join, done)
    await each(gateway, CONNECTIONS, people, seeding.look, done)
    found = len(seeding.posts)
    # One after the other: their order is the order in which they are read.
    await each(gateway, 1, posts, seeding.say, done)
    await each(gateway, CONNECTIONS, seeding.follows(), seeding.put)
    await each(gateway, CONNECTIONS, posts, seeding.react, done)
    return Seeded(len(people), len(posts), len(posts) - found)


class _Seeding:
    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._positions: dict[str, str] = {}
        self.posts: dict[str, UUID] = {}

    async def join(self, lane: Lane, who: Inhabitant) -> None:
        newcomer = Newcomer(
            handle=who.handle, password=SAMPLE_PASSWORD, display_name=who.name, reads=who.reads, writes=who.writes
        )
        self._people[who.handle] = await join(lane, newcomer, key=f"sample-{who.handle}")

    async def look(self, lane: Lane, who: Inhabitant) -> None:
        """What of theirs is there already."""
        person = self._people[who.handle]
        target = f"/v1/accounts/{who.handle}/posts?limit={PAGE}"
        reply = await lane.request("GET", target, token=await person.token(lane), wait_for=person.position)
        names = {saying.text: saying.name for saying in sample().posts if saying.by == who.handle}
        for post in msgspec.json.decode(_good(target, reply).body, type=_Page).items:
            if post.text in names:
                self.posts.setdefault(names[post.text], post.id)

    async def say(self, lane: Lane, saying: Saying) -> None:
        if saying.name in self.posts:
            return
        person = self._people[saying.by]
        reply = await lane.request(
            "POST",
            "/v1/posts",
            token=await person.token(lane),
            body=self._body(saying),
            key=f"sample-{saying.name}",
            wait_for=",".join(filter(None, (person.position, self._positions.get(saying.to, "")))),
        )
        self.posts[saying.name] = msgspec.json.decode(_good(f"the post {saying.name}", reply).body, type=_Post).id
        self._positions[saying.name] = reply.header("Qiao-Position") or ""

    def _body(self, saying: Saying) -> Mapping[str, object]:
        return {"text": saying.text} | ({"reply_to": self.posts[saying.to]} if saying.to else {})

    def follows(self) -> list[Change]:
        return [
            (self._people[who.handle], f"/v1/accounts/{handle}/follow")
            for who in sample().people
            for handle in who.follows
        ]

    async def react(self, lane: Lane, saying: Saying) -> None:
        post = self.posts[saying.name]
        for handle in saying.likes:
            await self.put(lane, (self._people[handle], f"/v1/posts/{post}/like"))
        for handle in saying.saves:
            await self.put(lane, (self._people[handle], f"/v1/posts/{post}/save"))

    async def put(self, lane: Lane, change: Change) -> None:
        person, target = change
        _good(target, await lane.request("PUT", target, token=await person.token(lane)))


def _good(what: str, reply: Reply) -> Reply:
    if reply.status not in (200, 201, 204):
        raise Refused(what, reply)
    return reply

"""People who go on living while things break: they post, answer, like, follow, correct and delete at random."""

import itertools
from random import Random
from typing import NamedTuple
from uuid import UUID

import msgspec

from qiao.load.connection import Reply
from qiao.load.lanes import Lane
from tests.integration.asking import Request, Unexpected
from tests.integration.ledger import Ledger

KINDS = ["read"] * 5 + ["post"] * 5 + ["reply"] * 4 + ["follow"] * 4 + ["unfollow"] + ["like"] * 5 + ["unlike"] * 2
KINDS += ["save"] * 3 + ["unsave"] + ["edit"] * 2 + ["delete", "mute", "unmute", "block", "unblock"]
REACTIONS = {"like": "like", "unlike": "like", "save": "save", "unsave": "save"}
RELATIONS = {"unfollow": "follow", "unmute": "mute", "unblock": "block"}
RECENT = 12
"""Likes and saves meet on so many of the newest posts."""


class Account(msgspec.Struct, frozen=True):
    """Of the answer to a registration."""

    id: UUID


class Registered(msgspec.Struct, frozen=True):
    """Of the answer to a registration."""

    account: Account
    access_token: str


class Said(msgspec.Struct, frozen=True):
    """A post as its creation was answered."""

    id: UUID


class Person(msgspec.Struct):
    """Someone with an account, and where their last deed stands."""

    handle: str
    id: UUID
    token: str
    position: str

    def did(self, reply: Reply) -> None:
        """Remember where it stands."""
        self.position = reply.header("Qiao-Position") or self.position


class Post(NamedTuple):
    """An acknowledged post: who wrote it, and a position at which it is there."""

    id: UUID
    author: Person
    position: str


class Life(Ledger):
    """Everyone, and everything that they did."""

    def __init__(self, seed: int) -> None:
        """The same seed wants the same deeds, as far as the answers are the same."""
        super().__init__()
        self.random = Random(seed)
        self.people: list[Person] = []
        self.posts: list[Post] = []
        self.done = 0
        self._numbers = itertools.count()

    async def join(self, lane: Lane) -> Person:
        """Somebody new."""
        handle = f"person_{next(self._numbers)}"
        body = {"handle": handle, "password": "ni hao ni hao", "display_name": "人", "reads": ["zh"], "writes": "zh"}
        request = Request(method="POST", target="/v1/accounts", body=body)
        reply = await self.write(lane, ("account", handle), "R", request)
        if reply.status != 201:
            raise Unexpected(f"{handle} could not register: {reply.status} {reply.code}")
        registered = msgspec.json.decode(reply.body, type=Registered)
        self.ids["account", handle] = registered.account.id
        person = Person(handle, registered.account.id, registered.access_token, "")
        person.did(reply)
        self.people.append(person)
        return person

    async def say(self, lane: Lane, person: Person, reply_to: Post | None = None) -> None:
        """A post with a text that no other has."""
        text = f"{person.handle} says {next(self._numbers)} #food{' #猫税' if self.random.random() < 0.3 else ''}"
        body = {"text": text} | ({"reply_to": str(reply_to.id)} if reply_to else {})
        reply = await self._do(lane, person, ("text", text), "P", "POST", "/v1/posts", reply_to, body)
        if reply.status == 201:
            post = Post(msgspec.json.decode(reply.body, type=Said).id, person, person.position)
            self.ids["text", text] = post.id
            self.posts.append(post)

    async def act(self, lane: Lane, person: Person) -> None:
        """One random deed."""
        kind = self.random.choice(KINDS)
        if kind == "post" or not self.posts:
            await self.say(lane, person)
        elif kind == "reply":
            await self.say(lane, person, self.random.choice(self.posts))
        elif kind == "read":
            await self.answer(lane, _home(person))
        elif kind in ("edit", "delete"):
            await self._change(lane, person, kind)
        elif kind in REACTIONS:
            await self._react(lane, person, kind)
        else:
            await self._relate(lane, person, kind)
        self.done += 1

    async def _change(self, lane: Lane, person: Person, kind: str) -> None:
        own = [post for post in self.posts if post.author is person]
        if not own:
            return
        post = self.random.choice(own)
        target = f"/v1/posts/{post.id}"
        if kind == "delete":
            await self._do(lane, person, ("delete", str(post.id)), "D", "DELETE", target, post)
        else:
            text = f"{person.handle} corrects {next(self._numbers)} #food"
            await self._do(lane, person, ("text", text), "E", "PATCH", target, post, {"text": text})

    async def _react(self, lane: Lane, person: Person, kind: str) -> None:
        post, what = self.random.choice(self.posts[-RECENT:]), REACTIONS[kind]
        method = "PUT" if kind == what else "DELETE"
        story = (what, str(person.id), str(post.id))
        await self._do(lane, person, story, method[0], method, f"/v1/posts/{post.id}/{what}", post)

    async def _relate(self, lane: Lane, person: Person, kind: str) -> None:
        target, what = self.random.choice(self.people), RELATIONS.get(kind, kind)
        if target is not person:
            method = "PUT" if kind == what else "DELETE"
            story = (what, str(person.id), str(target.id))
            await self._do(lane, person, story, method[0], method, f"/v1/accounts/{target.handle}/{what}")

    async def _do(
        self,
        lane: Lane,
        person: Person,
        story: tuple[str, ...],
        sign: str,
        method: str,
        target: str,
        upon: Post | None = None,
        body: object = None,
    ) -> Reply:
        """Where it is done upon a post, that one is waited for: whoever sees a post may act upon it."""
        wait_for = ",".join(filter(None, (person.position, upon.position if upon else "")))
        request = Request(method=method, target=target, token=person.token, body=body, wait_for=wait_for)
        reply = await self.write(lane, story, sign, request)
        person.did(reply)
        return reply


def _home(person: Person) -> Request:
    return Request(method="GET", target="/v1/home?limit=10", token=person.token, wait_for=person.position)

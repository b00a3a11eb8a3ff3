"""Drives a graph of people through a gateway: registers, follows, posts, reads, and says what it cost.

Used by `qiao load`, `qiao seed` and the bench. Every phase takes a `Gateway`, runs on a number of keep-alive
connections and returns a `Figure`.
"""

from qiao.load.connection import GatewayAway, Reply
from qiao.load.figures import Figure, Recorder
from qiao.load.gateway import AddressRefused, Gateway
from qiao.load.graph import Graph, GraphInvalid, read_graph
from qiao.load.lanes import Lane, each
from qiao.load.mix import Shares, mix
from qiao.load.people import People, Person, Refused, register
from qiao.load.writing import follow, post, settle

__all__ = [
    "AddressRefused",
    "Figure",
    "Gateway",
    "GatewayAway",
    "Graph",
    "GraphInvalid",
    "Lane",
    "People",
    "Person",
    "Recorder",
    "Refused",
    "Reply",
    "Shares",
    "each",
    "follow",
    "mix",
    "post",
    "read_graph",
    "register",
    "settle",
]

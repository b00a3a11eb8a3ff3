"""The points that everything is reckoned from. Each field is a figure of the bench, under the name in `FIGURES`."""

from collections.abc import Mapping

import msgspec


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Rates of one machine that ran clients, gateway, worker, Kafka and Cassandra together, one copy of everything."""

    cores: int = 2
    """Of that machine."""
    registrations: float = 35.9
    """A second, all in: most of it is hashing passwords, which is slow on purpose."""
    follows: float = 771
    """A second, all in, each a request: stands for likes and the request of a post, too."""
    homes: float = 239
    """Pages a second at 32 connections, all in: stands for every page."""
    home_cpu_ms: float = 3.48
    """Of the gateway alone, for a page."""
    deliveries: float = 21_320
    """Rows into homes a second, from Kafka into Cassandra."""
    delivery_cpu_us: float = 25.2
    """Of the worker alone, for one."""
    posts_folded: float = 10_790
    """Events a second into cards and timelines: stands for every event that is folded."""
    mix: float = 317
    """Requests a second of 60% homes, 30% profiles, 10% posts, all in, at 39 followers: to check the rest by."""
    gateway_mb: float = 170
    """Resident, for a process."""
    worker_mb: float = 139
    log_post: float = 914
    """Bytes of a post's event in the log's files, one copy; likewise below."""
    log_follow: float = 478
    log_like: float = 470
    views_post: float = 462
    """Bytes of a post's rows in the tables of all services, one copy; likewise below."""
    views_follow: float = 458
    """With the back-fill of homes: whoever is followed had 40 posts."""
    views_like: float = 108
    views_delivery: float = 89.3


FIGURES: Mapping[str, str] = {
    "registrations": "register",
    "follows": "follow",
    "homes": "home_rps_32",
    "home_cpu_ms": "home_cpu",
    "deliveries": "fanout",
    "delivery_cpu_us": "fanout_cpu",
    "posts_folded": "cards",
    "mix": "mix_servers_32",
    "gateway_mb": "memory_gateway_after_mix",
    "worker_mb": "memory_worker_after_mix",
    "log_post": "storage_log_post",
    "log_follow": "storage_log_follow",
    "log_like": "storage_log_like",
    "views_post": "storage_views_post",
    "views_follow": "storage_views_follow",
    "views_like": "storage_views_like",
    "views_delivery": "storage_views_delivery",
}
"""The figure of bench/results.json behind each field."""

MEASURED = Measured()

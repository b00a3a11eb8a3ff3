"""How much a property is tried: long histories cost more than most tests, so each has a share of the usual examples."""

from hypothesis import HealthCheck, settings

a_share = settings(
    max_examples=max(4, settings().max_examples // 4),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""A quarter of what the profile asks for: 25 by default, 5 for `make test-fast`."""

"""How often Python looks for unreachable cycles, in processes that run until they are told to stop."""

import gc

YOUNG = 50_000
"""New objects before the youngest are looked through. Python's own 700 is less than one page of cards makes: what
requests under way hold was looked through again and again, and with it, one time in some hundred, all that there is.
"""


def collect_seldom() -> None:
    """Call it once everything is imported: that lives as long as the process and is never looked through again.

    Nearly all garbage is freed without this, by reference counts. Cycles wait a little longer: at most YOUNG objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)

"""Output that goes into a pipe whose other end may have had enough."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def piped() -> Iterator[None]:
    """Whoever read has read enough: that is no error, and the program ends as if it had written everything."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        if not had_enough(error):
            raise


def had_enough(error: BaseException) -> bool:
    """Whether it only says that nobody reads any more; what is still to be written goes into nothing then."""
    # SystemExit is what rich makes of it.
    if not isinstance(error if isinstance(error, OSError) else error.__context__, BrokenPipeError):
        return False
    # Python would complain of the pipe once more when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True

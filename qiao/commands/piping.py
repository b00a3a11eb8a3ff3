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
    except BrokenPipeError:
        # Python would complain of it once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except SystemExit as ended:
        # What rich makes of it, after doing the same.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise

"""What a question is refused for."""


class QueryRefused(Exception):
    """It is no SQL, names what is not there, or would change something."""


class TimeIsUp(Exception):
    """It took longer than it may."""

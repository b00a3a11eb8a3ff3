"""What can be the matter with an event: on its way into the log, and on its way out."""


class EventInvalid(ValueError):
    """An event that cannot be written: a mistake of who made it. Nothing was written."""


class KeyGone(EventInvalid):
    """An event with something personal, of an account that has no key to seal it with: it was erased."""


class Undecodable(Exception):
    """Base of what cannot be read from the log. Trying again does not help: the record is parked."""


class EnvelopeInvalid(Undecodable):
    """The headers are no envelope of ours. The message names the header."""


class DataInvalid(Undecodable):
    """The value is not what its type and version promise. The message names the field."""


class NewerVersion(Undecodable):
    """The data is of a later version than this program knows: park it, upgrade, redrive it."""

"""Who may read a post: until folds and reads keep to it, nothing but a public post may be folded."""

from libs.events import PostCreated


class AudienceNotKept(Exception):
    """A post for fewer than everyone, which this version would show to everyone."""


def check_audience(event: PostCreated) -> None:
    """Raises AudienceNotKept: the event is parked, and can be redriven by a version that keeps to it."""
    if event.audience != "public":
        raise AudienceNotKept(f"post {event.post} is for {event.audience} alone, which this version cannot keep to")

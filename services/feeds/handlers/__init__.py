"""What feeds makes of each event."""

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    PostCreated,
    PostDeleted,
    PostEdited,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
)
from libs.projections import Projection, folds
from services.feeds.handlers import fanout, posts, reactions, recounts, relationships
from services.feeds.tables import PEOPLE, TABLES, TALLIES

FOLLOWER_THRESHOLD = 10_000
BACK_FILL = 20


def projection(follower_threshold: int = FOLLOWER_THRESHOLD, back_fill: int = BACK_FILL) -> Projection:
    """The projection `feeds`.

    Authors with more followers than the threshold are pulled instead of pushed; a follow pushes the followee's newest
    `back_fill` posts.
    """
    return Projection(
        "feeds",
        tables=TABLES,
        tallies=TALLIES,
        recounts=recounts.RECOUNTS,
        handlers=dict(
            [
                *PEOPLE.handlers,
                folds(PostCreated, posts.created, needs=posts.created_needs, after=fanout.fan_out),
                folds(PostEdited, posts.edited, needs=posts.changed_needs),
                folds(PostDeleted, posts.deleted, needs=posts.changed_needs),
                folds(PostLiked, reactions.liked, needs=reactions.like_needs),
                folds(PostUnliked, reactions.unliked, needs=reactions.like_needs),
                folds(PostSaved, reactions.saved, needs=reactions.save_needs),
                folds(PostUnsaved, reactions.unsaved, needs=reactions.save_needs),
                folds(
                    AccountFollowed,
                    relationships.followed,
                    needs=relationships.follow_needs,
                    after=fanout.follow_up(follower_threshold, back_fill),
                ),
                folds(AccountUnfollowed, relationships.unfollowed, needs=relationships.follow_needs),
                folds(AccountBlocked, relationships.blocked),
                folds(AccountUnblocked, relationships.unblocked),
                folds(AccountMuted, relationships.muted),
                folds(AccountUnmuted, relationships.unmuted),
            ]
        ),
    )

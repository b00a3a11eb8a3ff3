"""Why something may not be said or done."""

from libs.http.kinds import BLOCKED, POST_UNKNOWN
from libs.http.problems import ProblemKind

__all__ = [
    "ACCOUNT_ERASED",
    "ACCOUNT_NOT_READY",
    "BLOCKED",
    "CATCHING_UP",
    "EDITED_TOO_OFTEN",
    "PARENT_UNKNOWN",
    "POST_NOT_YOURS",
    "POST_UNKNOWN",
    "TEXT_EMPTY",
]

PARENT_UNKNOWN = ProblemKind(422, "parent-unknown", "The post to answer is gone.", "要回复的帖子已不存在。")
POST_NOT_YOURS = ProblemKind(403, "post-not-yours", "Only its author may change a post.", "只有作者可以修改帖子。")
TEXT_EMPTY = ProblemKind(422, "text-empty", "A post needs some text.", "帖子不能没有文字。")
EDITED_TOO_OFTEN = ProblemKind(
    409, "edited-too-often", "A post can be edited 100 times.", "一条帖子最多可编辑 100 次。"
)
ACCOUNT_NOT_READY = ProblemKind(409, "account-not-ready", "Your account is still being set up.", "你的账号仍在设置中。")
ACCOUNT_ERASED = ProblemKind(403, "account-erased", "This account was erased.", "该账号已被抹除。")
"""Tokens of an account that has no sealing key any more may live on for a few minutes."""
CATCHING_UP = ProblemKind(
    503, "catching-up", "We are catching up: try again in a moment.", "数据仍在同步，请稍候再试。"
)

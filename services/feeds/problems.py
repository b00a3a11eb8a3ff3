"""Why something cannot be shown."""

from libs.http.problems import ProblemKind

POST_UNKNOWN = ProblemKind(404, "post-unknown", "There is no such post.", "没有这条帖子。")
ACCOUNT_UNKNOWN = ProblemKind(404, "account-unknown", "There is nobody of that name.", "没有这个账号。")

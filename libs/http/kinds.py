"""The kinds of problem that any route may answer with, and those that more than one service has: declared once.

400: what cannot be read (JSON, a tampered cursor or position). 422: what can be read, but is not allowed.
"""

from libs.http.problems import ProblemKind

MALFORMED = ProblemKind(400, "malformed", "The request cannot be read.", "无法读取该请求。")
SIGN_IN = ProblemKind(401, "sign-in", "Sign in first.", "请先登录。")
FORBIDDEN = ProblemKind(403, "forbidden", "You may not do this.", "你没有权限执行此操作。")
NOT_FOUND = ProblemKind(404, "not-found", "There is nothing here.", "这里没有内容。")
METHOD_NOT_ALLOWED = ProblemKind(405, "method-not-allowed", "This address does not do that.", "该地址不支持此操作。")
TOO_LARGE = ProblemKind(413, "too-large", "The request is too large.", "请求过大。")
UNSUPPORTED_TYPE = ProblemKind(415, "unsupported-type", "Send JSON.", "请发送 JSON。")
INVALID = ProblemKind(422, "invalid", "Something in the request is not allowed.", "请求中有不允许的内容。")
KEY_REUSED = ProblemKind(
    422, "idempotency-key-reused", "This Idempotency-Key was used for another request.", "该幂等键已用于其他请求。"
)
TOO_MANY = ProblemKind(429, "too-many-requests", "Too many requests: wait a moment.", "请求过于频繁，请稍候再试。")
IN_DOUBT = ProblemKind(
    503,
    "in-doubt",
    "This may or may not have been done: try again with the same Idempotency-Key.",
    "无法确定该操作是否已完成：请用同一个 Idempotency-Key 重试。",
)
UNAVAILABLE = ProblemKind(503, "unavailable", "Not available right now: try again.", "暂时不可用，请重试。")
READ_ONLY = ProblemKind(403, "read-only", "This is a replay: it can only be read.", "这是回放，只能查看。")
INTERNAL = ProblemKind(500, "internal", "Something broke on our side.", "我们这边出了问题。")

POST_UNKNOWN = ProblemKind(404, "post-unknown", "There is no such post.", "没有这条帖子。")
ACCOUNT_UNKNOWN = ProblemKind(404, "account-unknown", "There is nobody of that name.", "没有这个账号。")
BLOCKED = ProblemKind(403, "blocked", "This person does not want to hear from you.", "对方不希望收到你的互动。")

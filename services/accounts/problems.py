"""Why someone cannot join, sign in or relate to someone."""

from libs.http.problems import ProblemKind

HANDLE_TAKEN = ProblemKind(409, "handle-taken", "That handle is taken.", "该用户名已被使用。")
BAD_CREDENTIALS = ProblemKind(401, "bad-credentials", "Handle or password is wrong.", "用户名或密码错误。")
SESSION_OVER = ProblemKind(401, "session-over", "This session is over: sign in again.", "会话已失效，请重新登录。")
ACCOUNT_UNKNOWN = ProblemKind(404, "account-unknown", "There is nobody of that name.", "没有这个账号。")
YOURSELF = ProblemKind(422, "yourself", "You cannot do this to yourself.", "不能对自己执行此操作。")
BLOCKED = ProblemKind(403, "blocked", "This person does not want to hear from you.", "对方不希望收到你的互动。")

"""Why someone cannot join, sign in or relate to someone."""

from libs.http.kinds import ACCOUNT_UNKNOWN, BLOCKED
from libs.http.problems import ProblemKind

__all__ = ["ACCOUNT_UNKNOWN", "BAD_CREDENTIALS", "BLOCKED", "HANDLE_TAKEN", "SESSION_OVER", "YOURSELF"]

HANDLE_TAKEN = ProblemKind(409, "handle-taken", "That handle is taken.", "该用户名已被使用。")
BAD_CREDENTIALS = ProblemKind(401, "bad-credentials", "Handle or password is wrong.", "用户名或密码错误。")
SESSION_OVER = ProblemKind(401, "session-over", "This session is over: sign in again.", "会话已失效，请重新登录。")
YOURSELF = ProblemKind(422, "yourself", "You cannot do this to yourself.", "不能对自己执行此操作。")

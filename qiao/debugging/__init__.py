"""What admins may look at behind the scenes: routes and pages."""

from qiao.debugging.routes import debug_routes

__all__ = ["debug_routes"]

"""What admins may look at behind the scenes: routes and pages."""

from qiao.debugging.routes import debug_routes
from qiao.debugging.site import debug_site

__all__ = ["debug_routes", "debug_site"]

"""What every command begins with: settings from the environment, and logging."""

import os

from libs import telemetry
from qiao.settings import Settings, load


def environment_settings(role: str) -> Settings:
    """The settings of this process, its logs and traces set up for the role. Raises SettingsInvalid."""
    settings = load(os.environ)
    telemetry.setup(
        f"qiao-{role}",
        instance=settings.instance,
        otlp_endpoint=settings.otlp_endpoint,
        sample=settings.otlp_sample,
        log_style=settings.log_format,
        log_level=settings.log_level.upper(),
    )
    return settings

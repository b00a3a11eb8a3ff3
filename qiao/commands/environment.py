"""What every command begins with: settings from the environment, and logging."""

import os

from libs import telemetry
from libs.telemetry.local import LocalRecorder
from qiao.settings import Settings, load
from qiao.traces.file import FILE, TraceBounds
from qiao.traces.keeping import TraceKeeper


def environment_settings(role: str) -> Settings:
    """The settings of this process, its logs and traces set up for the role. Raises SettingsInvalid."""
    settings = load(os.environ)
    telemetry.setup(
        f"qiao-{role}",
        instance=settings.instance,
        otlp_endpoint=settings.otlp_endpoint,
        sample=settings.otlp_sample,
        local=(lambda: _kept(role, settings)) if role == "up" and settings.traces == "local" else None,
        log_style=settings.log_format,
        log_level=settings.log_level.upper(),
    )
    return settings


def _kept(role: str, settings: Settings) -> LocalRecorder:
    """Every trace is kept, none is sampled out: the bounds of the file see to it that they do not pile up."""
    bounds = TraceBounds(settings.traces_parts, settings.traces_megabytes << 20, settings.traces_hours * 3600)
    keeper = TraceKeeper(settings.directory / FILE, bounds)
    return LocalRecorder(role, keeper.keep, keeper.close)

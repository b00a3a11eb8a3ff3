"""What a person can do something about: a command tells it in one line, not as a stack trace."""

from libs.log import LogError
from libs.projections import ProjectionRefused
from libs.vault import VaultUnavailable
from libs.vault.backup import BackupLocked, NotABackup, RestoreUnfinished, VaultInUse
from libs.vault.epochs import TopicChanged, TopicUnknown
from libs.vault.wrapping import WrongMasterKey
from libs.views import SchemaRefused, ViewsUnavailable
from libs.views.port import SchemaOutdated
from qiao.load import GatewayAway, GraphInvalid, Refused
from qiao.replay.scratch import ScratchRefused
from qiao.settings import SettingsInvalid
from qiao.traces.reading import TracesUnreadable

EXPECTED = (
    BackupLocked,
    GatewayAway,
    GraphInvalid,
    LogError,
    NotABackup,
    ProjectionRefused,
    Refused,
    RestoreUnfinished,
    SchemaOutdated,
    SchemaRefused,
    ScratchRefused,
    SettingsInvalid,
    TopicChanged,
    TopicUnknown,
    TracesUnreadable,
    VaultInUse,
    VaultUnavailable,
    ViewsUnavailable,
    WrongMasterKey,
)

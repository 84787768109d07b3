"""What every handler may ask for by name, and where the application keeps it."""

from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from earnest.kit.clock import Clock
from earnest.kit.db import Database
from earnest.kit.settings import Settings

GivenDatabase = NamedDependency[SkipValidation[Database]]
GivenSettings = NamedDependency[SkipValidation[Settings]]
GivenClock = NamedDependency[SkipValidation[Clock]]


def _database(state: State) -> Database:
    database: Database = state.database
    return database


def _settings(state: State) -> Settings:
    settings: Settings = state.settings
    return settings


def _clock(state: State) -> Clock:
    clock: Clock = state.clock
    return clock


PROVIDED = {
    "database": Provide(_database, sync_to_thread=False),
    "settings": Provide(_settings, sync_to_thread=False),
    "clock": Provide(_clock, sync_to_thread=False),
}

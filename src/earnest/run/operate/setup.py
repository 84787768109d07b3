"""`earnest migrate` and `earnest cdn policy`: what is done once, before a system runs."""

import asyncio
from collections.abc import Mapping

from earnest.kit.settings import PREFIX, Settings, read_settings
from earnest.run.operate import print_json


def migrate_database(settings: Settings, outer: Mapping[str, str]) -> None:
    """Migrates as the owner, and sets the passwords that the environment gives."""
    from earnest.run.migrate import ROLES, migrate

    settings.need("database_url")
    passwords: dict[str, str] = {}
    for role in ROLES:
        variable = f"{PREFIX}DATABASE_PASSWORD_{role.upper()}"
        # The same rule for …_FILE as for every other setting.
        given = {
            name.replace(variable, f"{PREFIX}JWT_SECRET"): outer[name]
            for name in (variable, f"{variable}_FILE")
            if name in outer
        }
        if given:
            passwords[role] = read_settings(given).jwt_secret
    print(f"The database is at {asyncio.run(migrate(settings.database_url, passwords))}.")


def print_cdn_policy(settings: Settings, part: str) -> None:
    """Prints one of the policies, or all of them."""
    from earnest import files

    policies = files.cdn_policy(settings)
    print_json(policies if part == "all" else policies[part])

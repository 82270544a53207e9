"""`hilda migrate`: the database's tables and the audit key, made or brought up to date."""

import asyncio

import typer

from bot.cli.command import command

app = command()


@app.command()
def migrate() -> None:
    """Prepare the database and the audit key. Safe to call again; run it before a new version starts."""
    typer.echo(asyncio.run(_migrate()))


async def _migrate() -> str:
    from bot.settings import load_settings
    from graphs.checkpoints import migrate_checkpoints
    from store.database import Database
    from store.record import key_for

    settings = load_settings()
    database = await Database.connect(settings.database)
    try:
        changed = await database.migrate()
        await migrate_checkpoints(settings.database)
        key_was_there = settings.audit_key.exists()
        await key_for(database, settings.audit_key, create=True)
    finally:
        await database.close()
    tables = "is up to date" if not changed else "was brought up to date"
    key = (
        "is there" if key_was_there else "was made: keep a copy of it somewhere else, the audit cannot be read without"
    )
    return f"{database.address.shown} {tables}.\nThe audit key {settings.audit_key} {key}."

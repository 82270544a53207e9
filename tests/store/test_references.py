"""How a platform is reached is remembered, brought up to date, and forgotten when Hilda is taken out of there."""

from store.database import Database
from store.references import References


async def test_the_newest_address_is_kept_until_it_is_forgotten(database_url: str) -> None:
    """One address for each name; unknown names have none."""
    database = await Database.open(database_url)
    references = References(database)

    await references.keep("teams:t1:chat:", {"service": "https://one.example/"})
    await references.keep("teams:t1:chat:", {"service": "https://two.example/"})
    newest, unknown = await references.get("teams:t1:chat:"), await references.get("teams:t1:other:")
    await references.forget("teams:t1:chat:")
    forgotten = await references.get("teams:t1:chat:")
    await database.close()

    assert (newest, unknown, forgotten) == ({"service": "https://two.example/"}, None, None)

"""How a platform is reached where it gives each conversation an address of its own (Teams: tenant and service URL)."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from domain.plain_json import Json
from store.clock import DB_CLOCK
from store.database import Database
from store.schema import reference


class References:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, name: str, address: Json) -> None:
        """The newest address of a conversation or of a person's own; written only when it changed."""
        if await self.get(name) == address:
            return
        new = self._database.insert(reference).values(name=name, address=address, at=DB_CLOCK)
        async with self._database.begin() as tx:
            await tx.execute(
                new.on_conflict_do_update(
                    index_elements=["name"], set_={"address": new.excluded.address, "at": new.excluded.at}
                )
            )

    async def get(self, name: str) -> Json | None:
        async with self._database.read() as tx:
            found: Json | None = (
                await tx.execute(select(reference.c.address).where(reference.c.name == name))
            ).scalar()
            return found

    async def several(self, names: Sequence[str]) -> list[Json | None]:
        """As `get`, of each in order."""
        wanted = select(reference.c.name, reference.c.address).where(reference.c.name.in_(names))
        async with self._database.read() as tx:
            found = {row.name: row.address for row in await tx.execute(wanted)}
        return [found.get(name) for name in names]

    async def forget(self, name: str) -> None:
        """Hilda was taken out of there."""
        async with self._database.begin() as tx:
            await tx.execute(delete(reference).where(reference.c.name == name))

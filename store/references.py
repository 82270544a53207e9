"""How a platform is reached where it gives each conversation an address of its own (Teams: tenant and service URL)."""

from collections.abc import Mapping, Sequence

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
        if await self.get(name) != address:
            await self.write({name: address})

    async def write(self, addresses: Mapping[str, Json]) -> None:
        """Several by name, whatever they were."""
        rows = [{"name": name, "address": address} for name, address in addresses.items()]
        new = self._database.insert(reference).values(at=DB_CLOCK)
        newest = {"address": new.excluded.address, "at": new.excluded.at}
        async with self._database.begin() as tx:
            await tx.execute(new.on_conflict_do_update(index_elements=["name"], set_=newest), rows)

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

"""What is kept of every activity, so that Hilda can speak unasked; most of them bring nothing new."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.doors.teams.addresses import Address, Addresses, Met
from bot.doors.teams.places import Place
from domain.people import Person
from store.record import Store
from store.references import References

ALICE = Person("teams", "tenant", "aad-alice")
SHOP, NIGHT, OWN = (Place("tenant", chat) for chat in ("19:shop@thread.tacv2", "19:night@thread.v2", "a:alice"))
SERVICE = "https://smba.example/emea/"


async def test_only_what_is_new_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what Hilda hears is talk among people here and there, which must not cost a commit each."""
    written: list[set[str]] = []
    real = References.write

    async def write(self: References, addresses: dict[str, object]) -> None:
        written.append(set(addresses))
        await real(self, addresses)

    monkeypatch.setattr(References, "write", write)
    store = await Store.open(f"sqlite:///{tmp_path}/data/hilda.db", tmp_path / "keys" / "audit.key")
    addresses = Addresses(References(store.database))

    async def speaks(place: Place, service: str = SERVICE) -> set[str]:
        written.clear()
        address = Address(service, place.chat, "bot", personal=place is OWN)
        await addresses.heard(place, address, ALICE, "Alice", "29:alice")
        return set().union(*written)

    alice, own = "teams-name:tenant:aad-alice", "teams-person:tenant:aad-alice"
    assert await speaks(SHOP) == {SHOP.conversation, alice}
    assert await speaks(NIGHT) == {NIGHT.conversation}
    assert await speaks(OWN) == {OWN.conversation, own}
    assert [await speaks(place) for place in (SHOP, NIGHT, OWN)] == [set(), set(), set()]
    assert await addresses.met(ALICE) == Met(SERVICE, SHOP.chat, "29:alice")

    moved = "https://smba.example/amer/"
    assert await speaks(NIGHT, moved) == {NIGHT.conversation, alice}
    assert await addresses.met(ALICE) == Met(moved, NIGHT.chat, "29:alice")
    assert await addresses.of(replace(NIGHT, thread="7")) == Address(moved, f"{NIGHT.chat};messageid=7", "bot")
    await store.close()

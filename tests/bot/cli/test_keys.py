"""`hilda keys`: what an administrator does with keys, and what nobody else can."""

from tests.bot.cli.conftest import Hilda


async def test_a_key_is_made_listed_rotated_and_revoked(hilda: Hilda) -> None:
    """The secret alone is on standard output, once; no list shows it."""
    made = await hilda("keys", "make", "ci", "--role", "operator", "--lasts", "90d")
    rotated = await hilda("keys", "rotate", "ci", "--overlap", "1h")
    listed = await hilda("keys", "list", "-o", "json")
    revoked = await hilda("keys", "revoke", "ci", "--why", "it was on a poster")
    again = await hilda("keys", "revoke", "ci")

    assert (made.code, rotated.code, revoked.code, again.code) == (0, 0, 0, 1)
    secrets = [made.out.strip(), rotated.out.strip()]
    assert all(secret.startswith("hilda_k") and "\n" not in secret for secret in secrets)
    assert [(row["name"], row["role"], row["state"]) for row in listed.json] == [("ci", "operator", "alive")] * 2
    assert not any(secret.rpartition("_")[2] in listed.out for secret in secrets)
    assert "2 keys of ci revoked" in revoked.out


async def test_only_an_administrator_makes_keys(hilda: Hilda) -> None:
    """Once there is one; and what cannot be made is said in one line."""
    await hilda("roles", "bind", "slack:T1:U1", "admin")
    refused = await hilda("keys", "make", "ci")
    wrong = [
        await hilda("keys", "make", "ci", "--role", "king"),
        await hilda("keys", "make", "ci", "--lasts", "soon"),
    ]

    assert refused.code == 1
    assert "no administrator" in refused.err
    assert [ran.code for ran in wrong] == [2, 2]
    assert "--lasts 'soon' is no span" in wrong[1].err

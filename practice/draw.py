"""Names, versions and numbers of one run, drawn from a seed: the same seed, the same run."""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True)
class Drawn:
    """What a scenario's text is filled with, and the services around the one in trouble."""

    namespace: str
    victim: str
    neighbours: tuple[str, ...]
    """The victim's team."""
    bystanders: Mapping[str, tuple[str, ...]]
    """Services of other teams, by namespace."""
    registry: str
    values: Mapping[str, str]
    random: random.Random
    """For what is drawn later, in a fixed order."""


def words() -> dict[str, Any]:
    text = resources.files("practice.scenarios").joinpath("words.yaml").read_text()
    return dict(yaml.safe_load(text))


def draw(
    scenario: str,
    seed: int,
    ranges: Mapping[str, list[int]],
    taken: Collection[str] = (),
    nodes: Collection[str] = ("node-1",),
) -> Drawn:
    """One run on those nodes. Namespaces in `taken` are not drawn again."""
    chance = random.Random(f"{scenario}/{seed}")
    known = words()
    teams = chance.sample(known["teams"], 3)
    suffix = chance.choice(known["suffixes"])
    places = [_free(chance, [name + suffix for name in team["namespaces"]], taken) for team in teams]
    own, *others = [
        chance.sample(team["services"], chance.randint(*size)) for team, size in zip(teams, _SIZES, strict=True)
    ]
    company = chance.choice(known["companies"])
    registry = chance.choice(known["registries"]) % company
    setting = chance.choice(known["required_settings"])
    values = {
        "namespace": places[0],
        "victim": own[0],
        "config_name": f"{own[0]}-{chance.choice(known['config_suffixes'])}",
        "setting_key": setting["key"],
        "setting_value": setting["value"],
        "setting_last_words": chance.choice(known["last_words"]) % setting["key"],
        "pool_setting": chance.choice(known["pool_settings"]),
        **{name: str(chance.randint(*between)) for name, between in ranges.items()},
        **dict(zip(_TAGS, _tags(chance), strict=True)),
    }
    values |= _more(scenario, seed, known, places[0], own, nodes)
    bystanders = dict(zip(places[1:], map(tuple, others), strict=True))
    return Drawn(places[0], own[0], tuple(own[1:]), bystanders, registry, values, chance)


_SIZES = ((3, 4), (1, 2), (1, 2))
_TAGS = ("tag_first", "tag_good", "tag_new", "tag_missing")


def _more(
    scenario: str, seed: int, known: Mapping[str, Any], namespace: str, team: list[str], nodes: Collection[str]
) -> dict[str, str]:
    """Values that only some scenarios use, from a generator of their own: adding one changes nobody else's draw."""
    chance = random.Random(f"{scenario}/{seed}/more")
    victim, caller, outer, *_ = team
    outside = chance.choice(known["outside"])
    setting, address = (chance.choice(known[name]) for name in ("address_settings", "addresses"))
    return {
        "node": chance.choice(sorted(nodes)),
        "node_label_key": (label := chance.choice(known["node_labels"]))["key"],
        "node_label_value": label["value"],
        "class_good": chance.choice(known["storage_classes"]),
        "class_missing": chance.choice(known["missing_storage_classes"]),
        "caller": caller,
        "outer_caller": outer,
        "victim_typo": _typo(chance, victim),
        "victim_setting": setting % victim.upper().replace("-", "_"),
        "victim_address": address.format(name=victim, namespace=namespace),
        "caller_setting": setting % caller.upper().replace("-", "_"),
        "caller_address": address.format(name=caller, namespace=namespace),
        "unused_port": str(chance.choice(known["unused_ports"])),
        "outside_setting": outside["key"],
        "outside_good": outside["good"],
        "outside_bad": outside["bad"],
        "outside_last_words": chance.choice(known["refused_last_words"]),
        **{name: str(value) for name, value in chance.choice(known["autoscaled"]).items()},
    }


def _typo(chance: random.Random, name: str) -> str:
    """The name as a hurried hand writes it."""
    places = [at for at in range(1, len(name) - 2) if name[at] != name[at + 1] and "-" not in name[at : at + 2]]
    at = chance.choice(places)
    swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return chance.choice((swapped, name[:at] + name[at + 1 :], name[: at + 1] + name[at:], f"{name}s"))


def _free(chance: random.Random, names: list[str], taken: Collection[str]) -> str:
    base = chance.choice(names)
    number, name = 2, base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _tags(chance: random.Random) -> list[str]:
    """Two old versions, a new one, and one that was never pushed, all in the style of one team."""
    style = chance.choice(("semver", "v-semver", "date", "commit"))
    if style == "commit":
        return [f"sha-{chance.getrandbits(28):07x}" for _ in _TAGS]
    if style == "date":
        month, day = chance.randint(2, 11), chance.randint(1, 6)
        return [f"2026.{month:02}.{day + 5 * step:02}-{chance.randint(1, 9)}" for step in range(4)]
    major, minor, patch = chance.randint(1, 7), chance.randint(2, 40), chance.randint(0, 9)
    letter = "v" if style == "v-semver" else ""
    return [f"{letter}{major}.{minor + step // 2}.{patch + step}" for step in range(4)]

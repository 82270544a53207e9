"""Scenarios as data: complete, reproducible, and different from seed to seed."""

import dataclasses
from pathlib import Path

import pytest

import practice.scenarios
from practice.scenario import NAMES, NoSuchScenario, load, titles
from practice.traffic import behaviour
from practice.worlds import World, Worlds


def test_every_scenario_in_the_folder_is_listed() -> None:
    """A file that is forgotten in the list, or the other way round, fails here."""
    folder = Path(practice.scenarios.__path__[0])
    others = {"words", "alert-rules"}

    assert sorted(NAMES) == sorted(file.stem for file in folder.glob("*.yaml") if file.stem not in others)
    assert all(titles().values())


@pytest.mark.parametrize("name", NAMES)
def test_twenty_seeds_fill_every_gap_of_a_scenario(name: str) -> None:
    """No placeholder is left, the victim is one of the services, and its phases go forward in time."""
    for seed in range(20):
        scenario = load(name, seed)

        assert "${" not in repr(scenario)
        assert scenario.service(scenario.victim).namespace == scenario.namespace
        assert len({service.name for service in scenario.services}) == len(scenario.services)
        ages = [phase.minutes_ago for phase in scenario.phases]
        assert ages == sorted(ages, reverse=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_run(name: str) -> None:
    """A run can be repeated by its seed."""
    assert load(name, 7) == load(name, 7)


def test_seeds_draw_different_names() -> None:
    """Nobody can learn the answers by heart."""
    drawn = [load("config-key", seed) for seed in range(20)]

    assert len({scenario.namespace for scenario in drawn}) > 8
    assert len({scenario.victim for scenario in drawn}) > 8
    assert len({scenario.values["setting_key"] for scenario in drawn}) > 4
    assert len({scenario.values["tag_good"] for scenario in drawn}) > 15


def test_a_namespace_that_is_taken_is_not_drawn_again() -> None:
    """Several runs of one seed fit on one control plane."""
    first = load("bad-image", 5)

    second = load("bad-image", 5, first.namespaces)

    assert not set(first.namespaces) & set(second.namespaces)


def test_the_missing_tag_is_in_no_registry_and_the_good_ones_are() -> None:
    """Only the image that was never pushed cannot be pulled."""
    scenario = load("bad-image", 3)
    program = scenario.world.program(f"{scenario.service(scenario.victim).image}:{scenario.values['tag_good']}")

    assert program
    assert scenario.values["tag_good"] in program.tags
    assert scenario.values["tag_missing"] not in program.tags


def test_the_pool_is_too_small_for_every_seed() -> None:
    """And was large enough before."""
    for seed in range(40):
        scenario = load("pool-exhausted", seed)
        service = scenario.service(scenario.victim)
        program = scenario.world.program(f"{service.image}:{scenario.values['tag_good']}")
        assert program

        sizes = (int(scenario.values[name]) for name in ("pool_good", "pool_bad"))
        good, bad = (
            behaviour(program, running=True, ready=True, sharing=service.replicas, pool_size=size) for size in sizes
        )

        assert good.latency_ms == program.latency_ms
        assert bad.latency_ms > 4 * good.latency_ms


def test_a_world_survives_its_file(tmp_path: Path) -> None:
    """The kubelet reads what the ground wrote."""
    world = load("pool-exhausted", 2).world

    world.write(tmp_path)

    assert World.read(tmp_path / f"{world.id}.json") == world


def test_a_namespace_belongs_to_the_latest_world(tmp_path: Path) -> None:
    """A namespace that was deleted and drawn again has nothing of the former run."""
    worlds = Worlds(tmp_path)
    for number in (1, 2):
        World(f"w{number}", ("shop",), ()).write(tmp_path)

        assert worlds.of("shop").id == f"w{number}"
    assert worlds.of("elsewhere").id == ""


def test_a_world_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    """More people come while its pods run."""
    worlds, scenario = Worlds(tmp_path), load("autoscaler-limit", 3)
    image = f"{scenario.service(scenario.victim).image}:{scenario.values['tag_good']}"
    loads = []

    for world in (scenario.world, scenario.world.with_traffic(scenario.victim, 350.0)):
        world.write(tmp_path)
        program = worlds.of(scenario.namespace).program(image)
        assert program
        loads.append(program.requests_per_second)

    assert loads == [float(scenario.values["usual_load"]), 350.0]


def test_the_grown_load_is_too_much_for_the_most_pods_and_not_for_twice_as_many() -> None:
    """And the usual load is too little for the autoscaler to act on, for every seed."""
    for seed in range(20):
        scenario = load("autoscaler-limit", seed)
        service, values = scenario.service(scenario.victim), scenario.values
        program = scenario.world.program(f"{service.image}:{values['tag_good']}")
        assert program

        usage = [
            behaviour(
                dataclasses.replace(program, requests_per_second=float(values[people])),
                running=True,
                ready=True,
                sharing=pods,
                pool_size=0,
            ).cpu_cores
            / 0.1
            for people, pods in (
                ("usual_load", service.replicas),
                ("grown_load", service.most_replicas),
                ("grown_load", 2 * service.most_replicas),
            )
        ]

        assert usage[0] < 0.7
        assert usage[1] > 1.1
        assert usage[2] < 0.7


def test_no_typo_is_the_name_itself() -> None:
    """Nor the name of another service of the team."""
    for seed in range(60):
        scenario = load("selector-typo", seed)

        assert scenario.values["victim_typo"] not in {service.name for service in scenario.services}


def test_an_unknown_scenario_is_refused_with_the_list() -> None:
    """The person learns what there is."""
    with pytest.raises(NoSuchScenario, match="bad-image, config-key, pool-exhausted, recovered, "):
        load("nonsense", 1)

"""What a rollout may and may not do, whatever the numbers."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from practice.api import Json
from practice.controllers.deployments import sizes

percents = st.integers(0, 100).map(lambda value: f"{value}%")
steps = st.one_of(st.integers(0, 20), percents)


def deployment(replicas: int, surge: int | str, unavailable: int | str) -> Json:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return {"metadata": {"name": "web"}, "spec": {"replicas": replicas, "strategy": strategy}, "status": {}}


def replica_set(number: int, replicas: int, most: int) -> Json:
    meta: dict[str, Any] = {"name": f"web-{number}", "creationTimestamp": f"2026-01-01T00:00:{number:02}Z"}
    meta["annotations"] = {"deployment.kubernetes.io/max-replicas": str(most)}
    return {"metadata": meta, "spec": {"replicas": replicas}, "status": {}}


deployments = st.builds(deployment, st.integers(0, 50), steps, steps)


@given(deployments, st.lists(st.integers(0, 30), max_size=4), st.integers(0, 30))
def test_the_new_set_never_grows_beyond_what_may_be_there(chosen: Json, others: list[int], present: int) -> None:
    """Neither beyond the Deployment's own size nor, with the others, beyond size and surge."""
    limits = sizes.bounds(chosen)
    present = min(present, limits.replicas)
    sets = [replica_set(number, count, 10) for number, count in enumerate([*others, present])]

    wanted = sizes.new_size(chosen, sets, present)

    assert wanted <= limits.replicas
    assert wanted == present or sizes.total(sets) - present + wanted <= limits.most


@given(deployments)
def test_a_rollout_can_always_take_a_step(chosen: Json) -> None:
    """It may make one more or do with one less."""
    limits = sizes.bounds(chosen)

    assert limits.replicas == 0 or limits.surge > 0 or limits.unavailable > 0


@given(deployments, st.lists(st.integers(1, 30), min_size=2, max_size=4), st.integers(1, 60))
def test_what_is_scaled_in_the_middle_of_a_rollout_comes_to_the_allowed_sum(
    chosen: Json, present: list[int], most: int
) -> None:
    """Unless some set would have to have fewer than no pods; none ever has."""
    sets = [replica_set(number, count, most) for number, count in enumerate(present)]
    limits = sizes.bounds(chosen)

    wanted = {each["metadata"]["name"]: count for each, count in sizes.proportional(chosen, sets)}

    assert min(wanted.values()) >= 0
    if limits.replicas == 0:
        assert set(wanted.values()) == {0}
    elif sum(wanted.values()) != limits.most:
        assert 0 in wanted.values()

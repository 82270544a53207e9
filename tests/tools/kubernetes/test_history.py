"""Differences between pod templates, and what an edited ConfigMap says about itself."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tools.kubernetes.config_edits import edits_since_applied
from tools.kubernetes.history import difference
from tools.kubernetes.moments import moment
from tools.kubernetes.quantities import quantity
from tools.kubernetes.references import missing_by_message, references


def template(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "web", "image": "a:1", **container}]}}


def test_a_difference_names_the_field_and_both_values() -> None:
    """Image, environment, limits and probes differ field by field; lists are matched by name."""
    old = template(
        env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], resources={"limits": {"memory": "64Mi"}}
    )
    new = template(
        env=[{"name": "B", "value": "3"}, {"name": "A", "value": "1"}], resources={"limits": {"memory": "32Mi"}}
    )
    new["spec"]["containers"][0]["image"] = "a:2"

    changes = {change.path: (change.old, change.new) for change in difference(old, new)}

    assert changes == {
        "containers[web].image": ("a:1", "a:2"),
        "containers[web].env[B]": ("2", "3"),
        "containers[web].resources.limits.memory": ("64Mi", "32Mi"),
    }


def test_a_secret_value_is_not_shown_in_a_difference() -> None:
    """That a password changed is worth knowing; the password is not."""
    old = template(env=[{"name": "DB_PASSWORD", "value": "correct-horse-1"}])
    new = template(env=[{"name": "DB_PASSWORD", "value": "battery-staple-2"}])

    (change,) = difference(old, new)

    assert change.path == "containers[web].env[DB_PASSWORD]"
    assert "horse" not in str(change)
    assert "staple" not in str(change)


def test_where_a_value_comes_from_is_part_of_the_difference() -> None:
    """A key of a ConfigMap that is referred to by another name is a change."""
    old = template(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a"}}}])
    new = template(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "b"}}}])

    (change,) = difference(old, new)

    assert str(change) == "containers[web].env[A]: key a of ConfigMap c -> key b of ConfigMap c"


@given(
    st.dictionaries(st.text("abcXYZ_", min_size=1), st.text(max_size=5)),
    st.dictionaries(st.text("abcXYZ_", min_size=1), st.text(max_size=5)),
)
def test_equal_templates_never_differ_and_unequal_ones_do(one: dict[str, str], other: dict[str, str]) -> None:
    """The difference is empty exactly when nothing a container sees is different."""
    old = template(env=[{"name": key, "value": value} for key, value in one.items()])
    new = template(env=[{"name": key, "value": value} for key, value in other.items()])
    seen = [{key: value for key, value in env.items() if value} for env in (one, other)]

    assert (not difference(old, new)) == (seen[0] == seen[1])


def test_a_config_map_remembers_what_apply_gave_it() -> None:
    """Keys that vanished, changed and appeared since the last apply."""
    applied = {"data": {"gone": "1", "kept": "2", "changed": "3"}}
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    edits = edits_since_applied(
        {"metadata": {"annotations": annotations}, "data": {"kept": "2", "changed": "4", "new": "5"}}
    )

    assert [str(edit) for edit in edits] == ["gone removed (was 1)", "changed: 3 -> 4", "new added: 5"]


def test_every_way_to_use_a_config_map_is_a_reference() -> None:
    """env, envFrom, volumes and projected volumes."""
    spec = {
        "containers": [
            {
                "name": "web",
                "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "a", "optional": True}}}],
                "envFrom": [{"secretRef": {"name": "two"}}],
            }
        ],
        "volumes": [
            {"name": "v", "configMap": {"name": "three", "items": [{"key": "k", "path": "p"}]}},
            {"name": "w", "projected": {"sources": [{"secret": {"name": "four"}}]}},
            {"name": "x", "secret": {"secretName": "five"}},
        ],
    }

    found = {(r.kind, r.name, r.key, r.optional) for r in references(spec)}

    assert found == {
        ("ConfigMap", "one", "a", True),
        ("Secret", "two", "", False),
        ("ConfigMap", "three", "k", False),
        ("Secret", "four", "", False),
        ("Secret", "five", "", False),
    }


def test_the_kubelets_sentences_are_understood() -> None:
    """What is missing, whichever way the kubelet puts it."""
    spec = {"volumes": [{"name": "v", "configMap": {"name": "files", "items": [{"key": "app.yaml", "path": "p"}]}}]}

    told = [
        missing_by_message(message, spec)
        for message in (
            'configmap "settings" not found',
            "couldn't find key DB_HOST in ConfigMap shop/settings",
            "couldn't find key token in Secret shop/api",
            'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: app.yaml',
            'MountVolume.SetUp failed for volume "v" : secret "api" not found',
            "container has runAsNonRoot and image will run as root",
        )
    ]

    assert [(m.kind, m.name, m.key) if m else None for m in told] == [
        ("ConfigMap", "settings", ""),
        ("ConfigMap", "settings", "DB_HOST"),
        ("Secret", "api", "token"),
        ("ConfigMap", "files", "app.yaml"),
        ("Secret", "api", ""),
        None,
    ]


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    """Times, quantities and messages are written by others: nonsense is nothing, never an error."""
    assert quantity(text) == quantity(text)
    moment(text)
    missing_by_message(text, {})


def test_quantities_are_numbers() -> None:
    """Cores, bytes and pieces."""
    assert [quantity(text) for text in ("500m", "2", "1Gi", "128Mi", "1e3", "100k", None, "x")] == [
        0.5,
        2.0,
        2.0**30,
        128 * 2.0**20,
        1000.0,
        100_000.0,
        0.0,
        0.0,
    ]

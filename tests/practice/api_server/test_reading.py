"""Objects are read as the real server reads them: its words about wrong types and fields it does not know."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.api import Json
from practice.api_server.schema.defaults import defaulted
from practice.api_server.schema.quantities import BadQuantity, canonical, value_of
from practice.api_server.schema.schemas import UnknownKind, schema_of
from practice.api_server.schema.unknown_fields import CannotDecode, decoded, parsed, repeated_keys, strict_error
from practice.control_plane import ControlPlane
from tests.practice.api_server.beside import ask_all, created

DEPLOYMENT: Json = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "read"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [
                    {
                        "name": "c",
                        "image": "i",
                        "args": ["a"],
                        "ports": [{"containerPort": 80}],
                        "resources": {"limits": {"cpu": "1"}},
                        "env": [{"name": "A", "value": "b"}],
                    }
                ]
            },
        },
    },
}
CONTAINER = "spec template spec containers 0 "
WRONG: list[tuple[str, Any]] = [
    ("spec replicas", "two"),
    ("spec replicas", 1.5),
    ("spec replicas", True),
    ("spec replicas", 2**40),
    ("spec replicas", [1]),
    ("spec paused", "x"),
    ("spec paused", 1),
    ("spec foo", 1),
    ("spec template", "x"),
    ("spec", []),
    ("spec template spec nodeSelector", {"a": {}}),
    ("spec template spec activeDeadlineSeconds", "x"),
    ("spec strategy", {"rollingUpdate": {"maxSurge": {}}}),
    ("metadata", "x"),
    ("metadata labels", {"a": 1}),
    ("metadata labels", "s"),
    ("metadata labels", [1]),
    ("metadata creationTimestamp", "x"),
    ("metadata creationTimestamp", 1),
    ("metadata creationTimestamp", "2020-01-01"),
    ("metadata creationTimestamp", "2020-01-01T10:00:00"),
    ("metadata creationTimestamp", "2020-01-01T10:00:00Zx"),
    (CONTAINER + "foo", 1),
    (CONTAINER + "image", 1),
    (CONTAINER + "image", {}),
    (CONTAINER + "imagePullPolicy", 1),
    (CONTAINER + "args", [1]),
    (CONTAINER + "args", "a"),
    (CONTAINER + "args 0", {}),
    (CONTAINER + "env", {}),
    (CONTAINER + "env 0 value", 1),
    (CONTAINER + "env 0 value", True),
    (CONTAINER + "resources", "x"),
    (CONTAINER + "resources limits", "x"),
    (CONTAINER + "resources limits cpu", "x"),
    (CONTAINER + "resources limits cpu", True),
    (CONTAINER + "resources limits cpu", []),
    (CONTAINER + "resources limits cpu", "1x"),
    (CONTAINER + "resources limits cpu", ""),
    (CONTAINER + "readinessProbe", {"httpGet": {"port": True}}),
    (CONTAINER + "readinessProbe", {"httpGet": {"port": 1.5}}),
    (CONTAINER + "readinessProbe", {"httpGet": {"port": []}}),
    (CONTAINER + "readinessProbe", {"httpGet": "x"}),
]
FRONT = 'Deployment in version "v1" cannot be handled as a Deployment: '


def with_value(item: Json, path: str, value: Any) -> Json:
    changed = copy.deepcopy(item)
    here: Any = changed
    *above, last = [int(name) if name.isdigit() else name for name in path.split()]
    for name in above:
        here = here[name]
    here[last] = value
    return changed


@pytest.mark.cluster
def test_what_cannot_be_read_is_refused_in_the_real_servers_words(control_plane: ControlPlane) -> None:
    """Wrong types, unknown fields, bad quantities and bad times, each beside the real server's refusal."""
    items = [with_value(DEPLOYMENT, path, value) for path, value in WRONG]

    real = [answer["message"] for _, answer in created(control_plane, items)]

    assert list(map(refusal, items)) == real


def refusal(item: Json) -> str:
    try:
        outcome = decoded(item, schema_of("apps/v1", "Deployment"))
    except CannotDecode as error:
        return FRONT + str(error)
    return FRONT + strict_error(outcome.strict)


@pytest.mark.cluster
def test_a_key_that_comes_twice_is_named_by_its_path(control_plane: ControlPlane) -> None:
    body = json.dumps(DEPLOYMENT).replace('"replicas": 1', '"replicas": 1, "replicas": 2, "x": 1').encode()
    path = "/apis/apps/v1/namespaces/default/deployments?dryRun=All&fieldValidation=Strict"

    (_, answer), *_ = ask_all(control_plane, [("POST", path, body, "application/json")])

    assert refusal(parsed(body)) == answer["message"]
    assert repeated_keys(parsed(body)) == ['duplicate field "spec.replicas"']


NUMBERS = st.one_of(
    st.integers(0, 5000).map(str),
    st.integers(0, 60).map(lambda number: str(number * 1024)),
    st.integers(0, 300).map(lambda number: f"{number}000"),
    st.decimals(0, 100, places=3).map(str),
)
SUFFIXES = st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "e3", "e-2"])
QUANTITIES = st.builds(lambda number, suffix: number + suffix, NUMBERS, SUFFIXES)


@pytest.mark.cluster
def test_amounts_are_kept_as_the_real_server_keeps_them(control_plane: ControlPlane) -> None:
    """Fifty amounts in one pod, and forms that people get wrong."""
    odd = "0.5 1.500 1e3 1E 12Ei 3e-1 00 1. .5 +5 01Gi 010 1.0Gi 9223372036854775807Ki 1E3 1e03 0.1Gi".split()
    numbers, suffixes = (1, 7, 1000, 1024, 1536, 12.75), ("", "m", "k", "Mi", "Gi")
    amounts = [*odd, *(f"{number}{suffix}" for number in numbers for suffix in suffixes)]
    limits = [
        {"name": f"c{place}", "image": "x", "resources": {"limits": {"cpu": each}}}
        for place, each in enumerate(amounts)
    ]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "amounts"}, "spec": {"containers": limits}}

    ((status, answer),) = created(control_plane, [pod])

    assert status == 201
    ours = defaulted(decoded(pod, schema_of("v1", "Pod")).item)
    assert limits_of(ours) == limits_of(answer)


def limits_of(pod: Json) -> list[str]:
    return [each["resources"]["limits"]["cpu"] for each in pod["spec"]["containers"]]


@given(QUANTITIES)
def test_the_kept_form_of_an_amount_is_the_same_amount(amount: str) -> None:
    assert value_of(canonical(amount)) == value_of(amount)
    assert canonical(canonical(amount)) == canonical(amount)


@pytest.mark.parametrize("amount", ["", "x", "1x", "1..2", "e", "1.1i", "-"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    if amount == "-":
        assert canonical(amount) == "0"
        return
    with pytest.raises(BadQuantity):
        canonical(amount)


def test_a_kind_that_was_not_recorded_is_unknown() -> None:
    with pytest.raises(UnknownKind, match='no kind "Widget" is registered for version "apps/v1"'):
        schema_of("apps/v1", "Widget")


def test_nothing_is_kept_of_nulls_zeros_and_empty_things() -> None:
    """But a pointer's zero (`replicas: 0`) is, and what is always written is there."""
    given_item = {
        "metadata": {"name": None, "labels": {}},
        "spec": {"replicas": 0, "minReadySeconds": 0, "paused": False},
    }

    kept = decoded(given_item, schema_of("apps/v1", "Deployment")).item

    empty_template = {"metadata": {}, "spec": {"containers": None}}
    spec = {"replicas": 0, "selector": None, "strategy": {}, "template": empty_template}
    assert kept == {"metadata": {}, "spec": spec, "status": {}}


BROKEN = [
    b"",
    b"{",
    b"{bad",
    b'{"a":1,}',
    b'{"a" 1}',
    b'{"a":1 "b":2}',
    b"[1 2]",
    b'{"a":}',
    b'{"a":1}x',
    b'{"a":"x',
    b'{"a":"x\ny"}',
    b'{"a":"\\x"}',
    b'{"a":tru}',
    b'{"a":1',
    b'{"a":01}',
    b'{"a":1.}',
    b'{"a":-}',
    b'{"a":NaN}',
    b"x",
    b"'",
]


@pytest.mark.cluster
def test_what_is_no_json_is_refused_in_the_real_servers_words(control_plane: ControlPlane) -> None:
    path = "/api/v1/namespaces/default/configmaps/kube-root-ca.crt?dryRun=All"
    answers = ask_all(control_plane, [("PATCH", path, body, "application/merge-patch+json") for body in BROKEN])

    for body, (status, real) in zip(BROKEN, answers, strict=True):
        assert status == 400
        with pytest.raises(ValueError, match=r"character|unexpected") as error:
            parsed(body)
        assert f"error decoding patch: {error.value}" == real["message"], body

"""Secrets leave no text, ordinary text stays as it is, and neither takes long."""

import json
import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.redaction import redact, redact_json, secret_spans, strip_secret
from policy.secret_values import MARK
from tests.policy.ordinary_lines import FIXED, drawn
from tests.policy.secret_samples import NEUTRAL, PLACES, TOKENS, VALUES, private_key

SEEDS = range(4)


@pytest.mark.parametrize("vendor", TOKENS)
def test_a_token_of_a_documented_shape_is_found_wherever_it_stands(vendor: str) -> None:
    """No name beside it is needed."""
    rng = random.Random(vendor)

    for place in (*NEUTRAL, *PLACES, "line one\\n{s}\\nline three"):
        token = TOKENS[vendor](rng)
        left = redact(place.format(s=token))

        assert token not in left
        assert token[-10:] not in left


@pytest.mark.parametrize("place", PLACES)
def test_whatever_stands_where_a_secret_belongs_is_found(place: str) -> None:
    """Random strings, passwords people choose, and words."""
    rng = random.Random(place)

    for draw in VALUES.values():
        if place == '"auth": "{s}"' and draw is not VALUES["base64 40"]:
            continue  # docker's auth is base64
        secret = draw(rng)
        left = redact(place.format(s=secret))

        assert secret not in left
        assert secret[-5:] not in left


@pytest.mark.parametrize("seed", SEEDS)
def test_private_keys_go_whole_also_escaped_encoded_and_cut_off(seed: int) -> None:
    """In YAML, in JSON with escaped line breaks, in base64, and in a log that was cut."""
    key = private_key(random.Random(seed))
    middle = key.splitlines()[2][:20]

    assert middle not in redact(f"tls.key: |\n  {key}\nnext: 1")
    assert middle not in redact(json.dumps({"private_key": key, "type": "service_account"}))
    assert middle not in redact(key[: len(key) // 2 + 80])
    assert "next: 1" in redact(f"tls.key: |\n  {key}\nnext: 1")


@pytest.mark.parametrize("line", FIXED)
def test_an_ordinary_line_stays_as_it_is(line: str) -> None:
    """Words about secrets are no secrets."""
    assert redact(line) == line


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ids_that_clusters_are_full_of_stay(seed: int) -> None:
    """Digests, uids, commits, hashes, trace ids, versions."""
    for line in drawn(random.Random(seed)):
        assert redact(line) == line


def test_the_rest_of_a_line_stays() -> None:
    """What is redacted is the value, not its neighbours."""
    line = 'level=info user=app password=hunter2 host=db.shop:5432 url=postgres://app:s3cr3t@db/orders msg="done"'

    assert redact(line) == (
        f'level=info user=app password={MARK} host=db.shop:5432 url=postgres://app:{MARK}@db/orders msg="done"'
    )


def test_values_of_a_pasted_secret_go_and_its_keys_stay() -> None:
    """YAML and JSON, also inside the annotation that kubectl apply leaves."""
    manifest = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  user: YXBw\n  note: |\n    a b\ntype: Opaque\n"
    )
    applied = json.dumps({"kind": "Secret", "data": {"user": "YXBw"}, "metadata": {"name": "db"}})

    assert "YXBw" not in redact(manifest)
    assert "a b" not in redact(manifest)
    assert "user:" in redact(manifest)
    assert "name: db" in redact(manifest)
    assert "type: Opaque" in redact(manifest)
    assert "YXBw" not in redact(json.dumps({"last-applied-configuration": applied}))


def test_a_secret_object_keeps_its_keys_and_loses_its_values() -> None:
    """Structurally, whatever the values look like; also in lists and in annotations."""
    secret = {
        "kind": "Secret",
        "metadata": {"name": "db", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":1}'}},
        "data": {"user": "YXBw"},
        "stringData": {"plain": "x"},
    }

    stripped = strip_secret({"kind": "SecretList", "items": [{k: v for k, v in secret.items() if k != "kind"}]})

    text = json.dumps([strip_secret(secret), stripped])
    assert "YXBw" not in text
    assert '"data":1' not in text
    assert strip_secret(secret)["data"] == {"user": MARK}
    assert secret["data"] == {"user": "YXBw"}
    assert strip_secret({"kind": "ConfigMap", "data": {"a": "b"}}) == {"kind": "ConfigMap", "data": {"a": "b"}}


def test_json_is_redacted_by_the_names_in_it() -> None:
    """Environment variables of a pod, numbers, nested lists; other values keep their types."""
    pod = {
        "env": [{"name": "DB_PASSWORD", "value": "orbit"}, {"name": "PORT", "value": "80"}],
        "replicas": 3,
        "pin": True,
    }

    left = redact_json({"spec": pod, "password": 12345, "tokens": ["a1B2c3D4e5F6g7H8"]})

    assert left["spec"] == {**pod, "env": [{"name": "DB_PASSWORD", "value": MARK}, {"name": "PORT", "value": "80"}]}
    assert left["password"] == MARK
    assert left["tokens"] == [MARK]


_FRAGMENTS = st.sampled_from(
    [
        "password",
        "token",
        "=",
        ":",
        " ",
        "\n",
        '"',
        "'",
        "\\",
        MARK,
        "://",
        "@",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        "&",
        "|",
        "hunter2",
        "name",
        "value",
        "--password",
        "Bearer ",
        "Authorization: ",
        "key",
        "-----BEGIN PRIVATE KEY-----",
        "data:",
        "kind: Secret",
        "  ",
        "- ",
        "ghp_" + "a1" * 18,
        "eyJhbGciOiJ.eyJzdWIiOiIx.abc",
        "user",
        "Cookie: ",
        "(",
        "$",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(_FRAGMENTS).map("".join)))
def test_redacting_twice_changes_nothing(text: str) -> None:
    """So that it does not matter how many layers do it."""
    once = redact(text)

    assert redact(once) == once


@settings(max_examples=200, deadline=None)
@given(st.lists(_FRAGMENTS).map("".join))
def test_spans_are_in_order_and_do_not_touch_each_other(text: str) -> None:
    """Whoever draws them relies on it."""
    spans = secret_spans(text)

    assert all(start < end for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    "part",
    [
        "password",
        '"token":',
        "a",
        "-",
        "://a:",
        "eyJ",
        "key=",
        "-----BEGIN PRIVATE KEY-----",
        "'",
        "\\",
        "gh",
        "Bearer ",
        "<a>",
        "password: |\n ",
        "mysql -p -",
        "docker -u ",
        " ",
        "\n",
        "AC",
        "aws secret ",
        "x:y@",
        'password="\n',
        "Authorization: ",
        "name: password value: ",
        "cookie: ",
        "?sig=",
        '("a",',
        "{{",
        "<",
        "[",
        "A" * 64 + " ",
        "2024-05-01 INFO ok=1 n=2\n",
    ],
)
def test_a_long_paste_takes_no_time(part: str) -> None:
    """A quarter of a megabyte of the same, over and over: no rule takes more than linear time."""
    text = part * (250_000 // len(part))
    began = time.process_time()

    redact(text)

    assert time.process_time() - began < 2  # a quarter of a second on a quiet machine; quadratic would be ten

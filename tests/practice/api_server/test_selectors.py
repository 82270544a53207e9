"""Selectors of any make mean the same on the small API server as on the real one, or are refused in the same words."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.api import Api, ApiError, path_of
from practice.control_plane import ControlPlane
from practice.small_plane import SmallPlane

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

PATH = path_of("v1", "ConfigMap", "default")
LABELS: list[dict[str, str]] = [{}, {"a": "a"}, {"a": "7", "b": "b"}, {"x.io/c": "", "a": "10"}]

WORDS = ["a", "b", "in", "notin", "x.io/c", "-d", "7", "é"]
SIGNS = ["=", "==", "!=", "!", ",", "(", ")", ">", "<", " ", "  "]
SENSIBLE = st.builds(
    "{}{}{}".format,
    st.sampled_from(["a", "b", "x.io/c", "!a"]),
    st.sampled_from([" in (", " notin (", "=", "!=", ">", ""]),
    st.sampled_from(["a)", "a,b)", ")", "b", "7", "", ",)", "a,,b)"]),
)
LABEL_SELECTORS = st.one_of(
    st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=7).map("".join), st.lists(SENSIBLE, max_size=3).map(",".join)
)
FIELDS = ["metadata.name", "metadata.namespace", "data.a"]
FIELD_SELECTORS = st.lists(
    st.sampled_from([*FIELDS, "=", "!=", "==", ",", "chosen-1", "default", "\\,", "\\"]), max_size=6
).map("".join)


class Planes:
    """The real one and ours, with the same ConfigMaps."""

    def __init__(self, real: Api, small: Api) -> None:
        self._apis = [real, small]

    async def fill(self) -> None:
        for api in self._apis:
            for number, labels in enumerate(LABELS):
                meta = {"name": f"chosen-{number}", "namespace": "default", "labels": labels}
                await api.ensure({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})

    async def answers(self, query: dict[str, str]) -> list[str]:
        """Of each the names of what was chosen, or the refusal."""
        return [await _answer(api, query) for api in self._apis]


async def _answer(api: Api, query: dict[str, str]) -> str:
    try:
        items = await api.items(PATH, **query)
    except ApiError as error:
        return str(error)
    names = [each["metadata"]["name"] for each in items]
    return " ".join(name for name in names if name.startswith("chosen"))


@pytest.mark.parametrize(
    ("kind", "selectors"), [("labelSelector", LABEL_SELECTORS), ("fieldSelector", FIELD_SELECTORS)]
)
def test_selectors_mean_the_same(
    control_plane: ControlPlane, small_plane: SmallPlane, kind: str, selectors: st.SearchStrategy[str]
) -> None:
    """Well formed or not."""
    with asyncio.Runner() as runner:
        real, small = (runner.run(Api(plane.kubeconfig).__aenter__()) for plane in (control_plane, small_plane))
        planes = Planes(real, small)
        runner.run(planes.fill())

        @settings(max_examples=100)
        @given(selector=selectors)
        def alike(selector: str) -> None:
            said, ours = runner.run(planes.answers({kind: selector}))
            assert ours == said

        try:
            alike()
        finally:
            for api in (real, small):
                runner.run(api.__aexit__())

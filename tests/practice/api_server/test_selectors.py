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

    def __init__(self, real: ControlPlane, small: SmallPlane) -> None:
        self._files = [real.kubeconfig, small.kubeconfig]

    async def fill(self) -> None:
        for file in self._files:
            async with Api(file) as api:
                for number, labels in enumerate(LABELS):
                    meta = {"name": f"chosen-{number}", "namespace": "default", "labels": labels}
                    await api.ensure({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})

    async def answers(self, query: dict[str, str]) -> list[str]:
        """Of each the names of what was chosen, or the refusal."""
        found = []
        for file in self._files:
            async with Api(file) as api:
                try:
                    items = await api.items(PATH, **query)
                    names = [each["metadata"]["name"] for each in items]
                    found.append(" ".join(name for name in names if name.startswith("chosen")))
                except ApiError as error:
                    found.append(str(error))
        return found


@pytest.fixture(scope="module")
def planes(control_plane: ControlPlane, small_plane: SmallPlane) -> Planes:
    planes = Planes(control_plane, small_plane)
    asyncio.run(planes.fill())
    return planes


@pytest.mark.parametrize(
    ("kind", "selectors"), [("labelSelector", LABEL_SELECTORS), ("fieldSelector", FIELD_SELECTORS)]
)
def test_selectors_mean_the_same(planes: Planes, kind: str, selectors: st.SearchStrategy[str]) -> None:
    """Well formed or not."""

    @settings(max_examples=100)
    @given(selector=selectors)
    def alike(selector: str) -> None:
        real, ours = asyncio.run(planes.answers({kind: selector}))
        assert ours == real

    alike()

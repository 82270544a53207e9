"""`hilda report` as people run it: quiet, in every form, and while the cluster is gone."""

from pathlib import Path

import pytest

from tests.bot.cli.conftest import Hilda
from tests.tools.kubernetes.api_server import ApiServer

KEYS = {
    *("since", "until", "health", "incidents", "wrong_now", "came_and_went", "about_to_break", "error_budgets"),
    *("changes", "alerts", "waiting", "done", "model", "audit_tip", "not_seen", "evidence"),
}


async def test_a_quiet_day_is_told_in_two_lines(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    ran = await hilda(
        "report", "--since", "24h", "-n", "kube-system", "--zone", "UTC", KUBECONFIG=api.kubeconfig(tmp_path)
    )

    assert ran.code == 0, ran.err
    assert "All quiet: health 100 of 100" in ran.out
    assert "nothing happened, nothing is open" in ran.out


async def test_a_misspelt_namespace_is_no_quiet_one(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    ran = await hilda("report", "-n", "shpo", KUBECONFIG=api.kubeconfig(tmp_path))

    assert ran.code == 2
    assert "There is no namespace 'shpo'" in ran.err


async def test_json_has_the_public_shape_and_markdown_is_a_section(
    hilda: Hilda, api: ApiServer, tmp_path: Path
) -> None:
    told = await hilda("report", "-o", "json", KUBECONFIG=api.kubeconfig(tmp_path))
    written = await hilda("report", "-o", "markdown", KUBECONFIG=api.kubeconfig(tmp_path))

    assert set(told.json) == KEYS
    assert told.json["health"] == {"score": 100, "taken_away": []}
    assert written.out.startswith("## ")


async def test_a_cluster_that_is_gone_is_said_and_exit_code_2(hilda: Hilda, api: ApiServer, tmp_path: Path) -> None:
    api.url = "http://127.0.0.1:9"

    ran = await hilda("report", KUBECONFIG=api.kubeconfig(tmp_path), PROMETHEUS_URL="http://127.0.0.1:9")

    assert ran.code == 2
    assert "Health unknown" in ran.out
    assert "What is wrong now I cannot say" in ran.out
    assert "I could not look at volumes" in ran.out
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("span", ["12x", "1000d", "²h"])
async def test_a_span_that_is_none_is_refused_with_an_example(hilda: Hilda, span: str) -> None:
    ran = await hilda("report", "--since", span)

    assert ran.code == 2
    assert "24h" in ran.err
    assert "Traceback" not in ran.err

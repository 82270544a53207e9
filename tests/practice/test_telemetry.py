"""Prometheus beside the cluster."""

import pytest

from practice.children import Children
from practice.history import LOOKS_BACK, Chapter, write_history
from practice.series import Play
from practice.telemetry import Telemetry
from practice.traffic import behaviour, grown
from practice.waiting import until
from practice.worlds import Program

PLAY = Play("shop", "cart-1", "uid", "app", "n1", "r/cart:1", "cart", "10.0.0.1:80", "cart-x", "Running", True, 4)


@pytest.mark.cluster
@pytest.mark.prometheus
async def test_what_runs_is_scraped(prometheus_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The kubelet of the shared control plane answers Prometheus."""
    telemetry = Telemetry(prometheus_url, Children(tmp_path_factory.mktemp("none")))

    async def scraped() -> bool:
        return 1.0 in (await telemetry.ask('up{job="practice"}')).values()

    await until("a scrape", scraped, seconds=45)


def test_a_written_past_is_cut_and_hands_over_its_counters() -> None:
    """Only what Prometheus should remember is written, and the kubelet goes on where it ends."""
    how = behaviour(
        Program("r/cart", service="cart", requests_per_second=10), running=True, ready=True, sharing=1, pool_size=0
    )
    play = Play(**{**vars(PLAY), "how": how})
    end = 1_790_000_000.0

    history = write_history([Chapter(end - 9 * 3600, end - 600, (play,)), Chapter(end - 600, end, (play,))])

    lines = list(history.lines())
    times = sorted({float(line.rsplit(" ", 1)[1]) for line in lines[:-1]})
    assert (times[0], lines[-1].strip()) == (end - LOOKS_BACK, "# EOF")
    assert times[-1] < end
    whole = grown(how, end - LOOKS_BACK, end)
    assert history.totals["uid/app"]["ok"] == pytest.approx(whole["ok"], rel=1e-9)


def test_restarts_are_spread_over_the_time_in_which_they_happened() -> None:
    """A container that kept crashing did not crash all at once."""
    end = 1_790_000_000.0

    history = write_history([Chapter(end - 900, end, (PLAY,))])

    name = "kube_pod_container_status_restarts_total"
    counts = [int(line.split()[-2]) for line in history.lines() if line.startswith(name)]
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}

"""No false alarms: ordinary life is not an incident."""

import time

import pytest

from domain.findings import Severity
from tests.tools.detectors.quiet_cluster import quiet_cluster
from tools.detectors.catalog import find_all
from tools.detectors.causes import fold


@pytest.mark.parametrize("seed", range(40))
def test_a_fault_free_cluster_after_a_day_of_rollouts_has_no_cause(seed: int) -> None:
    """Rollouts under way, retries, leftovers, things switched off and recovered trouble: none of it is a cause."""
    state = quiet_cluster(seed)

    findings = find_all(state)

    assert [str(f.object) + " " + f.title for f in findings if f.severity > Severity.info] == []
    assert fold(findings, state) == ()


def test_500_pods_are_judged_in_a_moment() -> None:
    """Detection is a small part of the second that people wait."""
    state = quiet_cluster(1)
    begin = time.process_time()

    find_all(state)

    assert time.process_time() - begin < 0.5

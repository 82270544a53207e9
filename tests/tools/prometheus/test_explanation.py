"""Which finding is the cause of which other."""

from datetime import timedelta

import pytest

from domain.findings import Finding, Severity
from domain.objects import ObjectRef
from tests.tools.prometheus.worlds import NOW
from tools.prometheus.explanation import explains


def finding(code: str, service: str = "checkout", minutes: float | None = -20, namespace: str = "shop") -> Finding:
    since = None if minutes is None else NOW + timedelta(minutes=minutes)
    facts = {"namespace": namespace, "service": service, "workload": service}
    ref = ObjectRef("c", namespace, "Deployment", service)
    return Finding(code, Severity.warning, ref, code, (), since, facts)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (finding("latency-high"), True),
        (finding("latency-high", minutes=-23), True),
        (finding("latency-high", minutes=None), True),
        (finding("errors-high", minutes=-5), True),
        (finding("alert-firing", minutes=-15), True),
        (finding("latency-high", service="front", minutes=-19), True),
        (finding("latency-high", service="front", minutes=-90), False),
        (finding("latency-high", service="front", minutes=None), False),
        (finding("latency-high", minutes=-60), False),
        (finding("latency-high", namespace="other"), False),
        (finding("memory-near-limit"), False),
        (finding("pool-exhausted"), False),
    ],
)
def test_a_full_pool_explains_what_came_with_it_or_after(effect: Finding, expected: bool) -> None:
    """Slowness of its own service, of callers soon after, never what was there before or elsewhere."""
    assert explains(finding("pool-exhausted"), effect) is expected


def test_consequences_explain_no_causes() -> None:
    """The order of cause and effect is not reversed by the order of times."""
    assert not explains(finding("latency-high", minutes=-30), finding("pool-exhausted"))
    assert explains(finding("latency-high"), finding("alert-firing", minutes=-10))

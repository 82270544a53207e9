"""The timeline names alerts that begin to fire, and does not drown in them."""

from datetime import UTC, datetime

from domain.alerts import Alert
from graphs.alert_lines import lines_of

NOW = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)


def alert(number: int, name: str = "KubePodCrashLooping", **labels: str) -> Alert:
    return Alert(number, f"f{number}", name, "", labels, {"summary": f"{name} is bad"}, NOW, NOW, NOW, "firing", "g")


def test_few_alerts_have_a_line_each() -> None:
    """With what their rule says."""
    lines = list(lines_of([alert(1), alert(2), alert(3, "KubeJobFailed")]))

    assert [(key, text) for key, text, _ in lines] == [
        ("alert:1", "KubePodCrashLooping: KubePodCrashLooping is bad"),
        ("alert:2", "KubePodCrashLooping: KubePodCrashLooping is bad"),
        ("alert:3", "KubeJobFailed: KubeJobFailed is bad"),
    ]


def test_many_of_one_name_share_a_line() -> None:
    """How many there are, and some by what tells them apart; the others keep their own."""
    many = [alert(number, pod=f"web-{number}", namespace="shop") for number in range(1, 41)]

    (key, text, details), other = lines_of([*many, alert(99, "KubeJobFailed")])

    assert (key, text) == ("alerts:1:40", "KubePodCrashLooping fires 40 times: web-1, web-2, web-3 and 37 more")
    assert details["alerts"] == 40
    assert other[0] == "alert:99"

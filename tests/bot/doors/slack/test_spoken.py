"""What people write in Slack, as the words they meant."""

import pytest

from bot.doors.slack.spoken import plain, whole


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<@U0HILDA> why is checkout slow?", "why is checkout slow?"),
        ("ask <@U1|bob> in <#C1|shop>", "ask @bob in #shop"),
        ("<@U1> said so", "@U1 said so"),
        ("look at <http://checkout.shop.svc|checkout.shop.svc>", "look at checkout.shop.svc"),
        ("<https://grafana/d/1|the board>", "the board (https://grafana/d/1)"),
        ("<https://grafana/d/1>", "https://grafana/d/1"),
        ("p99 &gt; 2s &amp; rising &lt;fast&gt;", "p99 > 2s & rising <fast>"),
        ("<!here> <!date^1392734382^{date}|Feb 18>", "@here Feb 18"),
        ("<!subteam^S1|@oncall>", "@oncall"),
        ("a < b", "a < b"),
    ],
)
def test_markup_is_read_as_it_was_meant(written: str, meant: str) -> None:
    assert plain(written, "U0HILDA") == meant


def test_an_alert_in_attachments_and_blocks_is_read() -> None:
    """Alert managers put everything into attachments, others into blocks."""
    message = {
        "text": "",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*[FIRING]* HighLatency"}}],
        "attachments": [
            {
                "title": "HighLatency",
                "text": "p99 is 3.9 s",
                "fields": [{"title": "service", "value": "checkout"}],
                "fallback": "never shown",
            }
        ],
    }

    assert whole(message) == "*[FIRING]* HighLatency\nHighLatency\np99 is 3.9 s\nservice: checkout"

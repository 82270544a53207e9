"""The daily report in words: whoever wrote what it tells, the report's own words are the only markup."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as some

from bot.doors.card_markdown import tokens_of
from domain.cards import Card, ClusterLabel, Sources, Text
from domain.evidence import observed
from domain.findings import Cause, Finding, Severity
from domain.look import Window
from domain.objects import ObjectRef
from domain.subscriptions import Filters
from graphs.day import Day, narrowed, scored
from graphs.words.daily import report_cards
from store.day import DayIncident
from tools.forecast.outlook import Forecast

END = datetime(2026, 3, 4, 8, tzinfo=UTC)
DAY = Window(END - timedelta(days=1), END)
PROD = ClusterLabel("eu-prod-1", "production", production=True)
_WORDS = some.one_of(
    some.text(min_size=1, max_size=200),
    some.sampled_from(
        ["**bold**", "[x](http://evil.example)", "<!channel>", "# head", "- item", "`code`", "a\n\n# b", "[1] [2](x)"]
    ),
)


def finding(title: str, *, severity: Severity = Severity.warning, name: str = "web", **facts: str) -> Finding:
    ref = ObjectRef("c1", "shop", "Deployment", name)
    seen = observed("kubernetes", f"deployments/{name}", title, check=f"kubectl get deployment {name}", objects=(ref,))
    return Finding("made-up", severity, ref, title, (seen,), END - timedelta(hours=3), facts)


def incident(title: str, *, owner: str = "", over: bool = False) -> DayIncident:
    began = END - timedelta(hours=5)
    ended = began + timedelta(minutes=20) if over else None
    state = "resolved" if over else "open"
    return DayIncident("i1", title, "critical", state, owner, "", "shop", "web", "a|b|c|d|e", began, ended, None, "")


def day(text: str) -> Day:
    """One of everything, all of it called so."""
    gone = finding(text, name="gone", recovered_at=(END - timedelta(hours=2)).isoformat())
    return scored(
        Day(
            window=DAY,
            incidents=(incident(text, owner=text), incident(text, over=True)),
            causes=(Cause(finding(text, severity=Severity.critical), 0.9),),
            past=(gone,),
            coming=(Forecast(finding(text, name="soon"), END + timedelta(days=2)),),
            gaps={"metrics": text},
        ),
        seen=True,
    )


def markup(cards: tuple[Card, ...]) -> list[str]:
    """Every inline mark and block of the texts, with what is bold."""
    found = []
    for part in (part for card in cards for part in card.parts if isinstance(part, Text)):
        for token in tokens_of(part.markdown):
            found += [token.type] if token.type not in {"inline"} else []
            bold = False
            for child in token.children or ():
                if bold and child.type == "text":
                    found.append(child.content)
                bold = child.type == "strong_open" or (bold and child.type != "strong_close")
                found += [child.type] if child.type not in {"text", "softbreak"} else []
    return found


@example("- item")
@example("1. first")
@example("[x](http://evil.example) <!channel> **b**")
@settings(max_examples=40)
@given(_WORDS)
def test_nothing_that_anybody_wrote_becomes_markup(text: str) -> None:
    assert markup(report_cards(day(text), PROD, "UTC")) == markup(report_cards(day("plain words"), PROD, "UTC"))


@given(some.integers(0, 40))
def test_a_bad_night_still_fits_a_phone(many: int) -> None:
    """Four lines of a kind, and the rest counted; nothing is left out of the evidence."""
    causes = tuple(Cause(finding(f"service {n} is down " * 9, name=f"web-{n}"), 0.9) for n in range(many))
    cards = report_cards(scored(Day(window=DAY, causes=causes), seen=True), PROD, "Europe/Berlin")

    lines = "\n".join(part.markdown for part in cards[0].parts if isinstance(part, Text)).splitlines()
    assert len(lines) <= 1 + 1 + 5
    assert all(len(line) < 200 for line in lines)
    assert many <= 4 or f"- and {many - 4} more" in lines
    cited = [item for part in cards[-1].parts if isinstance(part, Sources) for item in part.evidence]
    assert {c.finding.evidence[0] for c in causes[:4]} <= {*cited}


def test_the_title_says_on_a_lock_screen_how_it_is() -> None:
    titles = [
        report_cards(day("x"), PROD, "UTC")[0].title,
        report_cards(scored(Day(window=DAY), seen=True), PROD, "UTC")[0].title,
        report_cards(scored(Day(window=DAY, gaps={"cluster": "gone"}), seen=False), PROD, "UTC")[0].title,
    ]

    assert titles == [
        "Health 49 of 100: 2 open, 1 about to break, 2 over",
        "All quiet: health 100 of 100",
        "Health unknown: I could not look",
    ]


def test_what_was_not_seen_stays_unknown_however_little_of_it_is_wanted() -> None:
    blind = scored(Day(window=DAY, gaps={"cluster": "gone"}), seen=False)

    assert narrowed(blind, Filters(("shop",))).score.value is None


def test_a_narrowed_day_has_only_what_is_wanted_and_a_score_of_its_own() -> None:
    other = Finding("made-up", Severity.critical, ObjectRef("c1", "mail", "Deployment", "web"), "mail is down", ())
    whole = scored(Day(window=DAY, causes=(Cause(other, 0.9), Cause(finding("shop is slow"), 0.9))), seen=True)

    shop, critical = narrowed(whole, Filters(("shop",))), narrowed(whole, Filters((), Severity.critical))

    assert [cause.finding.title for cause in shop.causes] == ["shop is slow"]
    assert [cause.finding.title for cause in critical.causes] == ["mail is down"]
    assert (whole.score.value, shop.score.value, critical.score.value) == (72, 92, 80)


def test_what_somebody_has_and_what_nobody_has_is_told_apart() -> None:
    people = (incident("Disk full", owner="slack:T1:U7"), incident("Node down"))
    text = "\n".join(
        part.markdown
        for part in report_cards(scored(Day(window=DAY, incidents=people), seen=True), PROD, "UTC")[0].parts
        if isinstance(part, Text)
    )

    assert "Disk full, since 03:00 (5 h), U7 has it [1]" in text
    assert "Node down, since 03:00 (5 h), **nobody has it**" in text

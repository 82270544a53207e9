"""How Hilda knows: each piece of evidence with the line that lets a person see the same."""

from bot.doors.slack.render import rich
from domain.cards import Sources
from domain.evidence import Evidence
from domain.plain_json import Json
from domain.visible import one_line


def sources(part: Sources) -> list[Json]:
    """One block for each piece of evidence, numbered as the text cites them."""
    return [_evidence(number, item) for number, item in enumerate(part.evidence, 1)]


def _evidence(number: int, item: Evidence) -> Json:
    said = [*rich.words(f"{number}. ", "bold"), *rich.words(one_line(item.summary), "bold"), *rich.words("\n")]
    origin = [one_line(item.source)]
    if item.trust != "system":
        origin.append(item.trust)
    said += rich.words(" · ".join(origin))
    if item.query and item.query not in item.check:
        said += [*rich.words(" · "), *rich.words(one_line(item.query), "code")]
    if item.window is not None:
        said += [*rich.words(" · "), rich.moment(item.window.start), *rich.words(" – "), rich.moment(item.window.end)]
    if item.link:
        said += [*rich.words(" · "), *rich.link(item.link, "see it" if rich.follows(item.link) else "")]
    elements = [rich.section(said)]
    if item.sample:
        elements.append(rich.preformatted(item.sample))
    if item.check:
        elements += [rich.section(rich.words("Check it by hand:")), rich.preformatted(item.check)]
    return rich.block(*elements)

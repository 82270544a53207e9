"""Words survive the way through the database."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.cards import Card, Part
from domain.messages import AlertFired, ButtonPressed, FormSubmitted, Incoming, Message, Reply
from domain.wire import incoming_as_json, incoming_from_json, reply_as_json, reply_from_json

_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
_TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
st.register_type_strategy(datetime, _TIMES)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@given(st.lists(st.from_type(Part), max_size=4), st.text(max_size=40), st.dictionaries(st.text(), _TIMES, max_size=2))
def test_a_card_comes_back_as_it_was(parts: list[Part], title: str, moments: dict[str, datetime]) -> None:
    """Whatever a card holds, it is the same after a round trip through JSON."""
    reply = Reply(Card(title, parts=tuple(parts), moments=tuple(moments.items())), key="k", replaces="j")

    assert reply_from_json(reply_as_json(reply)) == reply


_LABELS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)
_INCOMING = st.one_of(
    st.from_type(Message),
    st.from_type(ButtonPressed),
    st.builds(FormSubmitted, values=_LABELS),
    st.builds(AlertFired, labels=_LABELS, annotations=_LABELS),
)


@given(_INCOMING)
def test_what_came_in_comes_back_as_it_was(incoming: Incoming) -> None:
    """A message kept as a job is the message that was sent."""
    assert incoming_from_json(incoming_as_json(incoming)) == incoming

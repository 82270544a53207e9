"""What people type, and which button or message it is."""

import pytest

from bot.doors.terminal.keys import keys_of, press
from domain.cards import Card, Checklist, ChecklistItem, Choice, Choices, Form, FormField, card
from domain.messages import ButtonPressed, FormSubmitted, Message
from tests.bot.doors.made_up import listener, reply
from tests.gallery.cards import ANSWER, PROPOSAL

TASKS = card(
    "Tasks",
    Checklist((ChecklistItem("s1", "one"), ChecklistItem("s2", "two"))),
    Choices((Choice("Done", "tick", "s1"), Choice("Done", "tick", "s2"), Choice("Script", "next_level", "4"))),
)


def hear(typed: str, *cards: Card) -> Message | ButtonPressed | FormSubmitted:
    mine = listener()
    for number, shown in enumerate(cards):
        mine.saw(reply(f"k{number}", shown))
    heard = mine.hear(typed)
    assert isinstance(heard, Message | ButtonPressed | FormSubmitted)
    return heard


@pytest.mark.parametrize("typed", ["a", "approve", "APPROVE", " approve ", "[a]", "Approve and run"])
def test_approve_can_be_typed_in_every_way_the_card_suggests(typed: str) -> None:
    """Key, word and label press the same button, with the proposal's id and the digest that the card carries."""
    heard = hear(typed, PROPOSAL)

    assert isinstance(heard, ButtonPressed)
    assert (heard.action, heard.subject, heard.digest_prefix) == ("approve", "p-77", "3f9ac2d1")


def test_a_rejection_takes_its_reason_along() -> None:
    """`reject` with words says why, for exactly the bytes that were shown."""
    heard = hear("reject because it is 03:00", PROPOSAL)

    assert isinstance(heard, FormSubmitted)
    assert (heard.action, heard.subject) == ("reject", "p-77")
    assert heard.values == {"reason": "it is 03:00", "digest_prefix": "3f9ac2d1"}


@pytest.mark.parametrize("typed", ["approve it if the tests are green", "why reject?", "a b", "nothing to approve"])
def test_a_sentence_is_never_taken_for_an_approval(typed: str) -> None:
    """Only the bare word approves; a sentence that contains it is a message."""
    heard = hear(typed, PROPOSAL)

    assert isinstance(heard, Message)
    assert heard.text == typed


def test_a_number_asks_the_question_it_stands_for() -> None:
    """Questions offered by a card are asked by their number, in the words the card keeps for them."""
    heard = hear("1", ANSWER)

    assert isinstance(heard, Message)
    assert heard.text == "logs of checkout"


def test_a_task_is_ticked_by_its_number_in_the_list() -> None:
    """`tick 2` is the second task, whatever its id."""
    heard = hear("tick 2", TASKS)

    assert isinstance(heard, ButtonPressed)
    assert (heard.action, heard.subject) == ("tick", "s2")


def test_a_word_reaches_back_to_an_older_card_and_a_letter_does_not() -> None:
    """After another question `approve` still means the proposal; `a` would be guessing."""
    word, letter = hear("approve", PROPOSAL, TASKS), hear("a", PROPOSAL, TASKS)

    assert isinstance(word, ButtonPressed)
    assert word.subject == "p-77"
    assert isinstance(letter, Message)


def test_an_update_takes_the_old_buttons_away() -> None:
    """Once a proposal's card became "approved", `approve` is no button any more."""
    mine = listener()
    mine.saw(reply("proposal:p-77", PROPOSAL))
    mine.saw(reply("proposal:p-77:1", card("Approved"), replaces="proposal:p-77"))

    heard = mine.hear("approve")

    assert isinstance(heard, Message)


def test_the_newest_of_two_proposals_is_meant() -> None:
    """With two proposals on the screen, the word means the one that was shown last."""
    newer = card("Newer", Choices((Choice("Approve", "approve", "p-78", "ffff"),)))

    heard = hear("approve", PROPOSAL, newer)

    assert isinstance(heard, ButtonPressed)
    assert (heard.subject, heard.digest_prefix) == ("p-78", "ffff")


def test_two_choices_of_one_kind_get_keys_of_their_own() -> None:
    """A second approve on one card is not reachable by the word, so nobody approves the wrong one."""
    both = card("Two", Choices((Choice("First", "approve", "p1"), Choice("Second", "approve", "p2"))))

    assert [key.keys for key in keys_of(both)] == [("a", "approve"), ("1",)]
    assert press("approve", both).choice.subject == "p1"  # type: ignore[union-attr]


def test_the_newest_form_is_filled() -> None:
    """`submit` fills the form that was shown last."""
    mine = listener()
    mine.saw(reply("k", card("Edit", Form("edit", "p1", (FormField("run", "Run"),)))))

    assert mine.form is not None
    heard = mine.fills(mine.form.action, mine.form.subject, {"run": "kubectl get pods"})
    assert heard.values == {"run": "kubectl get pods"}


def test_every_delivery_has_an_id_of_its_own() -> None:
    """The same words twice are two messages."""
    mine = listener()

    assert mine.hear("again").id != mine.hear("again").id


def test_a_key_that_is_shown_goes_before_a_label_that_reads_the_same() -> None:
    """Where one choice is called "2" and another has the key 2, the key is meant."""
    first, second = Choice("2", "ask", "one"), Choice("what changed?", "ask", "two")
    shown = card("Both", Choices((first, second)))

    pressed = press("2", shown)

    assert [key.shown for key in keys_of(shown)] == ["1", "2"]
    assert pressed is not None
    assert pressed.choice is second

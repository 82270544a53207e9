"""The chat: lines in, cards out, Ctrl-C stops the work and not the talk."""

import asyncio
import io
import os
import signal

import pytest

from bot.doors.terminal.chat import Chat
from bot.doors.terminal.lines import PipedLines
from domain.cards import Card, Choice, Choices, ClusterLabel, Form, FormField, Progress, Text, card
from domain.errors import NotAllowed, ToolFailed
from domain.messages import FormSubmitted, Incoming, Message, Reply
from domain.people import Person
from tests.bot.doors.made_up import Answering, PaperScreen, TypedAhead, listener, reply

LOOKING = card("Looking", Progress((("reading pods", "running"),)))
ANSWER = card("It is the image", Text("It does not exist."))


def answers(incoming: Incoming) -> list[Reply]:
    return [reply(f"{incoming.id}:1", LOOKING), reply(f"{incoming.id}:2", ANSWER, replaces=f"{incoming.id}:1")]


async def talk(conversation: Answering, *lines: str | type[BaseException], interactive: bool = True) -> str:
    screen = PaperScreen()
    await Chat(conversation, listener(), screen, TypedAhead(*lines, interactive=interactive)).run()
    return screen.text


async def test_a_question_is_answered_and_progress_leaves_no_trace() -> None:
    """What was only for the while is gone, what was said stays."""
    conversation = Answering(answers)

    text = await talk(conversation, "what is wrong?")

    assert [message.text for message in conversation.heard if isinstance(message, Message)] == ["what is wrong?"]
    assert "It is the image" in text
    assert "reading pods" not in text


async def test_progress_under_a_key_of_its_own_leaves_no_trace_either() -> None:
    """An answer need not say which steps it replaces."""
    conversation = Answering(lambda i: [reply(f"{i.id}:1", LOOKING), reply("proposal:p1", ANSWER)])

    text = await talk(conversation, "what is wrong?")

    assert "It is the image" in text
    assert "reading pods" not in text


async def test_control_c_at_the_prompt_does_not_leave() -> None:
    """Only Ctrl-D, `exit` and the end of a pipe end the conversation."""
    conversation = Answering(answers)

    text = await talk(conversation, KeyboardInterrupt, "still there?")

    assert len(conversation.heard) == 1
    assert "Ctrl-D leaves" in text


async def test_control_c_while_working_cancels_the_work_only() -> None:
    """The first Ctrl-C reaches the conversation's `cancel`; the next line is heard as ever."""
    conversation = Answering(answers)
    conversation.gate = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)

    await talk(conversation, "a long question", "the next one")

    assert conversation.cancelled == 1
    assert len(conversation.heard) == 2


async def test_a_second_control_c_stops_waiting() -> None:
    """Work that does not hear `cancel` holds nobody: the conversation goes on without it."""

    class Deaf(Answering):
        async def cancel(self) -> None:
            self.cancelled += 1

    conversation = Deaf(answers)
    conversation.gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
    loop.call_later(0.15, os.kill, os.getpid(), signal.SIGINT)

    await asyncio.wait_for(talk(conversation, "a long question"), 5)

    assert conversation.cancelled == 1


async def test_control_c_is_the_terminals_again_after_a_turn() -> None:
    """The handler of before is back, so that leaving works as in any program."""
    before = signal.getsignal(signal.SIGINT)

    await talk(Answering(answers), "one", "two")

    assert signal.getsignal(signal.SIGINT) is before


async def test_what_others_do_appears_between_two_lines() -> None:
    """A second terminal's approval and the executor's steps are shown without a question, each step once."""
    conversation = Answering()
    screen = PaperScreen()
    lines = TypedAhead()
    told = asyncio.Event()

    async def wait_then_leave() -> str:
        await told.wait()
        raise EOFError

    lines.line = wait_then_leave  # type: ignore[method-assign]
    chat = asyncio.create_task(Chat(conversation, listener(), screen, lines).run())
    conversation.say(reply("run", card("Running", Progress((("claimed", "running"),)))))
    conversation.say(reply("run:2", card("Running", Progress((("claimed", "done"), ("step 1", "running")))), "run"))
    conversation.say(reply("run:3", card("Running", Progress((("claimed", "done"), ("step 1", "failed")))), "run"))
    await conversation._out.join()
    told.set()
    await chat

    assert screen.text.count("claimed") == 1
    assert screen.text.count("step 1") == 2
    assert screen.text.count("Running") == 1


async def test_the_same_card_twice_is_shown_once() -> None:
    """An update that changes nothing does not scroll the screen."""
    conversation = Answering(lambda i: [reply(i.id, ANSWER), reply(f"{i.id}+", ANSWER, replaces=i.id)])

    text = await talk(conversation, "hello?")

    assert text.count("It is the image") == 1


async def test_a_pipe_waits_for_what_it_approved() -> None:
    """Leaving at the end of a pipe would leave a script running unseen; a person at a prompt decides for themselves."""
    piped, watched = Answering(answers), Answering(answers)

    await talk(piped, "approve", interactive=False)
    await talk(watched, "approve", interactive=True)

    assert piped.settled
    assert not watched.settled


async def test_lines_of_a_pipe_are_asked_one_by_one() -> None:
    """Blank lines are nothing, a last line without an end counts, a megabyte is one line."""
    conversation = Answering(answers)
    source = io.StringIO("first\n\n   \n" + "x" * 1_000_000 + "\nlast")

    await Chat(conversation, listener(), PaperScreen(), PipedLines(source)).run()

    assert [len(m.text) for m in conversation.heard if isinstance(m, Message)] == [5, 1_000_000, 4]


async def test_a_form_is_filled_line_by_line() -> None:
    """`submit` asks for each field and sends what was typed; an empty line keeps what was there."""
    fields = (FormField("run", "Run", "kubectl get pods\n", multiline=True), FormField("why", "Why", "because"))
    conversation = Answering(lambda i: [reply(i.id, card("Edit", Form("edit", "p1", fields)))])
    source = io.StringIO("edit that script\nsubmit\nkubectl get nodes\nkubectl get pods\n.\n\n")

    await Chat(conversation, listener(), PaperScreen(), PipedLines(source)).run()

    sent = conversation.heard[-1]
    assert isinstance(sent, FormSubmitted)
    assert sent.values == {"run": "kubectl get nodes\nkubectl get pods\n", "why": "because"}


async def test_trouble_in_one_turn_does_not_end_the_conversation() -> None:
    """An error we expect is one line; the next question is answered."""

    class Broken(Answering):
        async def send(self, incoming: Incoming) -> None:
            if not self.heard:
                self.heard.append(incoming)
                raise ToolFailed("The database is full.")
            await super().send(incoming)

    conversation = Broken(answers)

    text = await talk(conversation, "one", "two")

    assert "The database is full." in text
    assert "It is the image" in text


async def test_help_is_answered_on_the_spot() -> None:
    """`help` needs nobody behind the chat."""
    conversation = Answering()

    text = await talk(conversation, "help")

    assert "What you can say" in text
    assert conversation.heard == []


async def test_on_a_practice_cluster_another_person_can_take_the_keyboard() -> None:
    """`as lead` makes the next line the lead's; a name that is refused changes nothing."""
    lead = Person("practice", "c", "lead")
    mine, conversation = listener(), Answering()

    def become(name: str) -> tuple[object, ClusterLabel]:
        if name != "lead":
            raise NotAllowed("no such person")
        return mine.as_another(lead, "lead"), ClusterLabel("practice", practice_identity="lead")

    lines = TypedAhead("one", "as lead", "two", "as nobody", "three")
    chat = Chat(conversation, mine, PaperScreen(), lines, become=become)  # type: ignore[arg-type]
    await chat.run()

    authors = [message.author.id for message in conversation.heard if isinstance(message, Message)]
    assert authors == ["1000", "lead", "lead"]
    assert lines.cluster == ClusterLabel("practice", practice_identity="lead")


async def test_without_practice_identities_as_is_only_words() -> None:
    """`as lead` on a real cluster is a message like any other."""
    conversation = Answering()

    await talk(conversation, "as lead")

    assert [message.text for message in conversation.heard if isinstance(message, Message)] == ["as lead"]


def shown(screen: PaperScreen, *replies: Reply) -> str:
    for one in replies:
        screen.show(one)
    return screen.text


def test_progress_stays_where_nothing_else_was_said() -> None:
    """A turn of nothing but steps shows them."""
    screen = PaperScreen()

    with screen.turn():
        screen.show(reply("k", LOOKING))

    assert "reading pods" in screen.text


def test_an_update_of_an_older_post_is_said_again() -> None:
    """What changed above the fold is written anew, since paper cannot be changed."""
    first: Card = card("Proposal")

    text = shown(PaperScreen(), reply("p", first), reply("p:2", card("Approved"), replaces="p"))

    assert text.index("Proposal") < text.index("Approved")


async def test_control_c_on_a_pipe_ends_everything() -> None:
    """Where nobody sits at a prompt, Ctrl-C means the program; the work under way is asked to stop."""
    conversation = Answering(answers)
    conversation.gate = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        await talk(conversation, "a long question", "the next one", interactive=False)

    assert len(conversation.heard) == 1


@pytest.mark.parametrize("word", ["approve", "reject", "edit", "revoke", "submit", "Approve!"])
async def test_a_decision_about_nothing_is_answered_with_the_way(word: str) -> None:
    """No card offers it, so it reaches nobody; the person hears what to do first."""
    conversation = Answering(answers)

    text = await talk(conversation, word)

    assert conversation.heard == []
    assert "Nothing waits for" in text
    assert "next" in text


async def test_a_word_of_this_terminal_is_not_heard_by_hilda() -> None:
    """What a drill adds, such as `done`, is done here; the second one ends the talk."""
    conversation, done = Answering(answers), 0

    async def own() -> bool:
        nonlocal done
        done += 1
        return done < 2

    lines = TypedAhead("one", "done", "Done.", "two")
    await Chat(conversation, listener(), PaperScreen(), lines, own_words={"done": own}).run()

    assert done == 2
    assert [m.text for m in conversation.heard if isinstance(m, Message)] == ["one"]


async def test_nobody_in_particular_is_asked_back() -> None:
    """`as` alone on a practice cluster names the people there are."""
    screen = PaperScreen()
    chat = Chat(Answering(answers), listener(), screen, TypedAhead("as"), become=lambda name: None)  # type: ignore

    await chat.run()

    assert "oncall, lead, second-lead, guest" in screen.text


async def test_a_yes_is_not_an_approval_and_says_what_is() -> None:
    """Nobody approves a script by being polite; without anything to approve, `yes` is only a word."""
    offer = card("Proposal", Choices((Choice("Approve", "approve", "p1", "0" * 12),)))
    conversation = Answering(lambda i: [reply(i.id, offer)])

    text = await talk(conversation, "yes", "run it", "go ahead")

    assert [m.text for m in conversation.heard if isinstance(m, Message)] == ["yes"]
    assert "`approve` runs exactly the script" in text


@pytest.mark.parametrize("line", ["kubectl delete pod web-1", "hilda proposals approve p1", "sudo reboot"])
async def test_a_line_for_a_shell_is_not_a_question(line: str) -> None:
    """It is not run, and that is said."""
    conversation = Answering(answers)

    text = await talk(conversation, line)

    assert conversation.heard == []
    assert "not run" in text


async def test_what_only_reads_is_a_question_in_any_words() -> None:
    """`kubectl get pods` is understood as what it is."""
    conversation = Answering(answers)

    await talk(conversation, "kubectl get pods")

    assert [m.text for m in conversation.heard if isinstance(m, Message)] == ["kubectl get pods"]

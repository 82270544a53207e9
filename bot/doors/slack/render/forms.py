"""Forms as inputs: the same in a modal and, where no modal can be opened, in a message with a button of its own."""

from bot.doors.slack.render import rich, small
from bot.doors.slack.render.codes import in_full
from bot.doors.slack.render.lengths import file_name
from bot.doors.slack.render.post import File
from bot.doors.slack.render.values import LONGEST_VALUE, action_id, field_block_id, value
from domain.cards import Code, Form, FormField
from domain.plain_json import Json
from domain.visible import exact, is_exact, one_line

LONGEST_LABEL = 2000
HIDDEN = "Contains hidden characters, shown as escapes."


def form(part: Form, number: int, *, files: bool = True) -> tuple[list[Json], list[File]]:
    """The inputs and the button that sends them, for a message."""
    if not part.fields and not part.submit:
        return [], []
    blocks, found = fields(part, number, files=files)
    label = part.submit if part.submit.strip() else "Send"
    if not fits(part):
        return [*blocks, rich.paragraph(rich.words(f"{one_line(label)}: not from Slack, as long as that is."))], found
    carried = value("submit", f"{part.action}/{part.subject}")
    if len(carried) > LONGEST_VALUE:
        return [*blocks, rich.paragraph(rich.words(f"{one_line(label)}: too much for a button; type it."))], found
    button = small.button(label, action_id("submit", number), carried, "primary")
    long_label = [rich.paragraph(rich.words(one_line(label)))] if len(one_line(label)) > small.LONGEST_BUTTON else []
    return [*blocks, *long_label, small.actions([button])], found


def fields(part: Form, number: int, *, files: bool = True) -> tuple[list[Json], list[File]]:
    """The inputs alone, as a modal has them. A value that no input takes stands whole in a file."""
    blocks: list[Json] = []
    uploads: list[File] = []
    for place, field in enumerate(part.fields):
        found = exact(field.value)
        if len(found) <= small.LONGEST_INPUT:
            blocks += [*_long_label(field), _input(field, found, field_block_id(number, place, field.id))]
            continue
        if not files:
            said = f"{one_line(field.label)} (too long to change in Slack)"
            blocks += [rich.paragraph(rich.words(said, "bold")), *in_full(Code(field.value))]
            continue
        name = file_name(field.label or field.id, "txt")
        said = (
            f"{one_line(field.label)}: {len(found):,} characters, too long to change in Slack. All of it is in the file"
        )
        blocks.append(rich.paragraph(rich.words(f"{said} {name}; change it in a terminal.")))
        uploads.append(File(name, name, one_line(field.label) or name, text=found))
    return blocks, uploads


def fits(part: Form) -> bool:
    """Whether every value can be changed here, so that sending the form loses nothing."""
    return all(len(exact(field.value)) <= small.LONGEST_INPUT for field in part.fields)


def _long_label(field: FormField) -> list[Json]:
    label = one_line(field.label)
    return [rich.paragraph(rich.words(label))] if len(label) > LONGEST_LABEL else []


def _input(field: FormField, found: str, block_id: str) -> Json:
    drawn = small.field(field.label, found, multiline=field.multiline, required=field.required, block_id=block_id)
    return drawn if is_exact(field.value) else drawn | {"hint": small.plain(HIDDEN, 2000)}

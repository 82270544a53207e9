"""Block Kit's composition objects and elements, with the page each limit comes from.

Where a page and slack_sdk 3.47's models name different figures, the smaller one holds.
"""

import re

from tests.fakes.slack.shapes import (
    Also,
    Boolean,
    Fields,
    Items,
    Kind,
    Matching,
    Named,
    Number,
    OneOf,
    Shape,
    Text,
    typed,
)

DOCS = "https://docs.slack.dev/reference"
OBJECTS = f"{DOCS}/block-kit/composition-objects"
ELEMENTS = f"{DOCS}/block-kit/block-elements"

ACTION_ID = Text(255, example="press")
URL = Matching(re.compile(r"^[a-z][a-z0-9+.-]*:"), "https://example.com/", most=3000)
STYLE = OneOf(("primary", "danger"))


def plain(most: int = 3000) -> Fields:
    """A plain_text object."""
    return Fields({"type": OneOf(("plain_text",)), "text": Text(most)}, {"emoji": Boolean()})


def either(most: int = 3000) -> Fields:
    """A plain_text or mrkdwn object."""
    return Fields(
        {"type": OneOf(("plain_text", "mrkdwn")), "text": Text(most)},
        {"emoji": Boolean(), "verbatim": Boolean()},
        also=(
            Also(
                "has emoji only in plain_text",
                lambda text: text["type"] == "plain_text" or "emoji" not in text,
                "invalid additional property: emoji",
                {"type": "mrkdwn", "emoji": True},
            ),
        ),
    )


CONFIRM = Named(
    "confirm",
    f"{OBJECTS}/confirmation-dialog-object",
    Fields(
        {"title": plain(100), "text": either(300), "confirm": plain(30), "deny": plain(30)},
        {"style": STYLE},
    ),
)
OPTION = Named(
    "option",
    f"{OBJECTS}/option-object",
    Fields({"text": plain(75), "value": Text(150)}, {"description": plain(75)}),
)
OVERFLOW_OPTION = Named(
    "overflow option",
    f"{OBJECTS}/option-object",
    Fields({"text": plain(75), "value": Text(150)}, {"description": plain(75), "url": URL}),
)
TICKED_OPTION = Named(
    "option to tick",
    f"{OBJECTS}/option-object",
    Fields({"text": either(75), "value": Text(150)}, {"description": either(75)}),
)
OPTION_GROUP = Named(
    "option group",
    f"{OBJECTS}/option-group-object",
    Fields({"label": plain(75), "options": Items(OPTION, 1, 100)}),
)
SLACK_FILE = Named(
    "Slack file",
    f"{OBJECTS}/slack-file-object",
    Fields({}, {"id": Text(example="F0123"), "url": URL}, one_of=("id", "url")),
)
FILTER = Named(
    "conversation filter",
    f"{OBJECTS}/conversation-filter-object",
    Fields(
        {},
        {
            "include": Items(OneOf(("im", "mpim", "private", "public"))),
            "exclude_external_shared_channels": Boolean(),
            "exclude_bot_users": Boolean(),
        },
        any_of=("include", "exclude_external_shared_channels", "exclude_bot_users"),
    ),
)
DISPATCH = Named(
    "dispatch action configuration",
    f"{OBJECTS}/dispatch-action-configuration-object",
    Fields({"trigger_actions_on": Items(OneOf(("on_enter_pressed", "on_character_entered")), 1, 2)}),
)

ACTIVE: dict[str, Shape] = {"action_id": ACTION_ID}
CHOOSING: dict[str, Shape] = {**ACTIVE, "confirm": CONFIRM, "focus_on_load": Boolean()}
MENU: dict[str, Shape] = {**CHOOSING, "placeholder": plain(150)}
SEVERAL: dict[str, Shape] = {**MENU, "max_selected_items": Number(least=1)}
WRITING: dict[str, Shape] = {
    **ACTIVE,
    "initial_value": Text(least=0),
    "dispatch_action_config": DISPATCH,
    "focus_on_load": Boolean(),
    "placeholder": plain(150),
}
USER_ID = Matching(re.compile(r"^[UW][A-Z0-9]+$"), "U0123")
CHANNEL_ID = Matching(re.compile(r"^[CG][A-Z0-9]+$"), "C0123")
FEEDBACK_BUTTON = Fields({"text": plain(75), "value": Text(2000)}, {"accessibility_label": Text(75)})


def _chosen_before(options: Items) -> Also:
    """Slack refuses a choice made beforehand that is not among the options."""
    stranger = {"text": {"type": "plain_text", "text": "gone"}, "value": "gone"}
    return Also(
        "has initial_options out of its options",
        lambda element: all(option in element["options"] for option in element.get("initial_options", [])),
        "initial_options must be among options",
        {"initial_options": [stranger]},
    )


def _one_chosen_before() -> Also:
    stranger = {"text": {"type": "plain_text", "text": "gone"}, "value": "gone"}
    return Also(
        "has an initial_option out of its options",
        lambda element: (
            "initial_option" not in element
            or element["initial_option"] in element.get("options", [])
            or any(element["initial_option"] in group["options"] for group in element.get("option_groups", []))
        ),
        "initial_option must be among options",
        {"initial_option": stranger},
    )


BUTTON = typed(
    "button",
    f"{ELEMENTS}/button-element",
    {"text": plain(75)},
    {
        **ACTIVE,
        "url": URL,
        "value": Text(2000),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": Text(75),
        "agent_prompt": Text(4000),
    },
)
ICON_BUTTON = typed(
    "icon_button",
    f"{ELEMENTS}/icon-button-element",
    {"icon": OneOf(("trash",)), "text": plain(75)},
    {
        **ACTIVE,
        "value": Text(2000),
        "confirm": CONFIRM,
        "accessibility_label": Text(75),
        "visible_to_user_ids": Items(USER_ID),
    },
)
FEEDBACK = typed(
    "feedback_buttons",
    f"{ELEMENTS}/feedback-buttons-element",
    {"positive_button": FEEDBACK_BUTTON, "negative_button": FEEDBACK_BUTTON},
    ACTIVE,
)
WORKFLOW_BUTTON = typed(
    "workflow_button",
    f"{ELEMENTS}/workflow-button-element",
    {"text": plain(75), "workflow": Fields({"trigger": Fields({"url": URL})}), "action_id": ACTION_ID},
    {"style": STYLE, "accessibility_label": Text(75)},
)
TICKED = Items(TICKED_OPTION, 1, 10)
CHECKBOXES = typed(
    "checkboxes",
    f"{ELEMENTS}/checkboxes-element",
    {"options": TICKED},
    {**CHOOSING, "initial_options": Items(TICKED_OPTION)},
    also=(_chosen_before(TICKED),),
)
RADIO_BUTTONS = typed(
    "radio_buttons",
    f"{ELEMENTS}/radio-button-group-element",
    {"options": TICKED},
    {**CHOOSING, "initial_option": TICKED_OPTION},
    also=(_one_chosen_before(),),
)
DATE = typed(
    "datepicker",
    f"{ELEMENTS}/date-picker-element",
    may={**MENU, "initial_date": Matching(re.compile(r"^\d{4}-\d{2}-\d{2}$"), "2026-11-20")},
)
DATETIME = typed(
    "datetimepicker",
    f"{ELEMENTS}/datetime-picker-element",
    may={**CHOOSING, "initial_date_time": Number(10**9, 10**10 - 1)},
)
TIME = typed(
    "timepicker",
    f"{ELEMENTS}/time-picker-element",
    may={**MENU, "initial_time": Matching(re.compile(r"^\d{2}:\d{2}$"), "03:00"), "timezone": Text()},
)
OPTIONS = Items(OPTION, 1, 100)
STATIC_SELECT = typed(
    "static_select",
    f"{ELEMENTS}/select-menu-element",
    may={**MENU, "options": OPTIONS, "option_groups": Items(OPTION_GROUP, 1, 100), "initial_option": OPTION},
    one_of=("options", "option_groups"),
    also=(_one_chosen_before(),),
)
EXTERNAL_SELECT = typed(
    "external_select",
    f"{ELEMENTS}/select-menu-element",
    may={**MENU, "initial_option": OPTION, "min_query_length": Number(0)},
)
USERS_SELECT = typed("users_select", f"{ELEMENTS}/select-menu-element", may={**MENU, "initial_user": USER_ID})
CONVERSATIONS_SELECT = typed(
    "conversations_select",
    f"{ELEMENTS}/select-menu-element",
    may={
        **MENU,
        "initial_conversation": Text(),
        "default_to_current_conversation": Boolean(),
        "response_url_enabled": Boolean(),
        "filter": FILTER,
    },
)
CHANNELS_SELECT = typed(
    "channels_select",
    f"{ELEMENTS}/select-menu-element",
    may={**MENU, "initial_channel": CHANNEL_ID, "response_url_enabled": Boolean()},
)
MULTI_STATIC = typed(
    "multi_static_select",
    f"{ELEMENTS}/multi-select-menu-element",
    may={
        **SEVERAL,
        "options": OPTIONS,
        "option_groups": Items(OPTION_GROUP, 1, 100),
        "initial_options": Items(OPTION),
    },
    one_of=("options", "option_groups"),
)
MULTI_EXTERNAL = typed(
    "multi_external_select",
    f"{ELEMENTS}/multi-select-menu-element",
    may={**SEVERAL, "initial_options": Items(OPTION), "min_query_length": Number(0)},
)
MULTI_USERS = typed(
    "multi_users_select", f"{ELEMENTS}/multi-select-menu-element", may={**SEVERAL, "initial_users": Items(USER_ID)}
)
MULTI_CONVERSATIONS = typed(
    "multi_conversations_select",
    f"{ELEMENTS}/multi-select-menu-element",
    may={
        **SEVERAL,
        "initial_conversations": Items(Text()),
        "default_to_current_conversation": Boolean(),
        "filter": FILTER,
    },
)
MULTI_CHANNELS = typed(
    "multi_channels_select",
    f"{ELEMENTS}/multi-select-menu-element",
    may={**SEVERAL, "initial_channels": Items(CHANNEL_ID)},
)
OVERFLOW = typed(
    "overflow",
    f"{ELEMENTS}/overflow-menu-element",
    {"options": Items(OVERFLOW_OPTION, 1, 5)},
    {**ACTIVE, "confirm": CONFIRM},
)
IMAGE = typed(
    "image",
    f"{ELEMENTS}/image-element",
    {"alt_text": Text(2000)},
    {"image_url": URL, "slack_file": SLACK_FILE},
    one_of=("image_url", "slack_file"),
)
TEXT_INPUT = typed(
    "plain_text_input",
    f"{ELEMENTS}/plain-text-input-element",
    may={
        **WRITING,
        "initial_value": Text(3000, least=0),
        "multiline": Boolean(),
        "min_length": Number(0, 3000),
        "max_length": Number(1, 3000),
    },
    also=(
        Also(
            "has a min_length not above its max_length",
            lambda box: box.get("min_length", 0) <= box.get("max_length", 3000),
            "min_length must not exceed max_length",
            {"min_length": 9, "max_length": 3},
        ),
    ),
)
EMAIL_INPUT = typed("email_text_input", f"{ELEMENTS}/email-input-element", may=WRITING)
URL_INPUT = typed("url_text_input", f"{ELEMENTS}/url-input-element", may=WRITING)
DIGITS = Matching(re.compile(r"^-?\d+(\.\d+)?$"), "3")
NUMBER_INPUT = typed(
    "number_input",
    f"{ELEMENTS}/number-input-element",
    {"is_decimal_allowed": Boolean()},
    {**WRITING, "initial_value": DIGITS, "min_value": DIGITS, "max_value": DIGITS},
    also=(
        Also(
            "has a min_value not above its max_value",
            lambda box: float(box.get("min_value", "-inf")) <= float(box.get("max_value", "inf")),
            "min_value must not exceed max_value",
            {"min_value": "9", "max_value": "3"},
        ),
    ),
)
FILE_INPUT = typed(
    "file_input",
    f"{ELEMENTS}/file-input-element",
    may={**ACTIVE, "filetypes": Items(Text()), "max_files": Number(1, 10)},
)
URL_SOURCE = typed("url", f"{ELEMENTS}/url-source-element", {"url": URL, "text": Text()})

MENUS = (STATIC_SELECT, EXTERNAL_SELECT, USERS_SELECT, CONVERSATIONS_SELECT, CHANNELS_SELECT)
MULTI_MENUS = (MULTI_STATIC, MULTI_EXTERNAL, MULTI_USERS, MULTI_CONVERSATIONS, MULTI_CHANNELS)
ACTION_ELEMENTS = (
    BUTTON,
    CHECKBOXES,
    DATE,
    DATETIME,
    TIME,
    OVERFLOW,
    RADIO_BUTTONS,
    *MENUS,
    *MULTI_MENUS,
    WORKFLOW_BUTTON,
)
ACCESSORIES = (
    BUTTON,
    CHECKBOXES,
    DATE,
    TIME,
    IMAGE,
    OVERFLOW,
    RADIO_BUTTONS,
    *MENUS,
    *MULTI_MENUS,
    WORKFLOW_BUTTON,
)
INPUTS = (
    TEXT_INPUT,
    EMAIL_INPUT,
    URL_INPUT,
    NUMBER_INPUT,
    CHECKBOXES,
    RADIO_BUTTONS,
    DATE,
    DATETIME,
    TIME,
    *MENUS,
    *MULTI_MENUS,
    FILE_INPUT,
)
CONTEXT_TEXTS = (
    typed("plain_text", f"{OBJECTS}/text-object", {"text": Text(3000)}, {"emoji": Boolean()}),
    typed("mrkdwn", f"{OBJECTS}/text-object", {"text": Text(3000)}, {"verbatim": Boolean()}),
)
IN_CONTEXT = Kind((*CONTEXT_TEXTS, IMAGE))

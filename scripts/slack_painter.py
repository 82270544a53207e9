"""Block Kit as HTML, about as Slack's desktop client shows it: for pictures, no proof that Slack agrees."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape as html_escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

STYLE = Path(__file__).with_name("slack.css").read_text()


_EMOJI = {
    "🔵": ("●", "#3b8eea"),
    "🟢": ("●", "#2bac76"),
    "🟡": ("●", "#e9b52c"),
    "🔴": ("●", "#e0242e"),
    "🟥": ("■", "#e0242e"),
    "✅": ("✔", "#2bac76"),
    "❌": ("✖", "#e0242e"),
    "⛔": ("⊖", "#e0242e"),
    "⏳": ("▸", "#3b8eea"),
    "❔": ("?", "#8a63d2"),
    "▫️": ("·", "#868686"),
    "⚠️": ("⚠", "#e9912c"),
}
"""Stand-ins of the same colour: not every machine has a font with emoji."""


def escape(text: str) -> str:
    found = html_escape(text)
    for emoji, (shape, colour) in _EMOJI.items():
        found = found.replace(emoji, f'<span style="color:{colour}">{shape}</span>')
    return found


def page(body: str, *, dark: bool) -> str:
    """A whole document."""
    theme = "dark" if dark else "light"
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body class="{theme}">{body}</body>'


def message(payload: Json, files: Sequence[tuple[str, int]] = (), pictures: Mapping[str, bytes] | None = None) -> str:
    """A post by Hilda: its blocks, then its files by name and size; `pictures` are PNGs by the ids in the blocks."""
    shown = "".join(_block(block, pictures or {}) for block in payload["blocks"])
    attached = "".join(
        f'<div class="file"><b>{escape(name)}</b><small>{size:,} bytes</small></div>' for name, size in files
    )
    who = '<div class="who"><b>Hilda</b><i>APP</i><span>15:10</span></div>'
    return f'<div class="message"><div class="face">H</div><div class="said">{who}{shown}{attached}</div></div>'


def view(found: Json) -> str:
    """A modal or a Home tab."""
    body = "".join(_block(block, {}) for block in found["blocks"])
    if found["type"] == "home":
        return f'<div class="home">{body}</div>'
    buttons = f'<span class="button">{escape(found["close"]["text"])}</span>'
    if "submit" in found:
        buttons += f'<span class="button primary">{escape(found["submit"]["text"])}</span>'
    title = escape(found["title"]["text"])
    return f'<div class="modal"><header>{title}</header><main>{body}</main><footer>{buttons}</footer></div>'


def _block(block: Json, pictures: Mapping[str, bytes]) -> str:
    match block["type"]:
        case "header":
            return f"<h3>{escape(block['text']['text'])}</h3>"
        case "context":
            return f'<div class="context">{" ".join(escape(e["text"]) for e in block["elements"])}</div>'
        case "divider":
            return "<hr>"
        case "rich_text":
            return f'<div class="rich">{"".join(map(_rich, block["elements"]))}</div>'
        case "actions":
            return f'<div class="actions">{"".join(map(_element, block["elements"]))}</div>'
        case "context_actions":
            return f'<div class="thumbs">{"".join(map(_thumbs, block["elements"]))}</div>'
        case "table":
            return f"<table>{''.join(_row(row, block.get('column_settings', [])) for row in block['rows'])}</table>"
        case "image":
            drawn = base64.b64encode(pictures.get(block["slack_file"]["id"], b"")).decode()
            return f'<img alt="{html_escape(block["alt_text"])}" src="data:image/png;base64,{drawn}">'
        case "input":
            return _input(block)
        case "data_visualization":
            return _chart(block)
        case kind:
            raise ValueError(f"no picture of a {kind}")


def _rich(element: Json) -> str:
    inner = element["elements"]
    match element["type"]:
        case "rich_text_preformatted":
            return f"<pre>{''.join(map(_inline, inner))}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{''.join(map(_inline, inner))}</blockquote>"
        case "rich_text_list":
            tag = "ol" if element["style"] == "ordered" else "ul"
            items = "".join(f"<li>{''.join(map(_inline, item['elements']))}</li>" for item in inner)
            return f'<{tag} class="in{element.get("indent", 0)}" start="{element.get("offset", 0) + 1}">{items}</{tag}>'
        case _:
            return f"<div>{''.join(map(_inline, inner))}</div>"


def _inline(element: Json) -> str:
    match element["type"]:
        case "text":
            found = escape(element["text"])
        case "link":
            found = f"<a>{escape(element.get('text') or element['url'])}</a>"
        case "user":
            found = f'<span class="mention">@{escape(element["user_id"])}</span>'
        case "date":
            found = _date(element)
        case kind:
            raise ValueError(f"no picture of a {kind}")
    for style, tag in (("code", "code"), ("bold", "b"), ("italic", "i"), ("strike", "s")):
        if element.get("style", {}).get(style):
            found = f"<{tag}>{found}</{tag}>"
    return found


def _date(element: Json) -> str:
    """As a reader in Berlin sees it."""
    at = datetime.fromtimestamp(element["timestamp"], ZoneInfo("Europe/Berlin"))
    forms = {"date_num": "%Y-%m-%d", "date_short_pretty": "%b %-d", "time_secs": "%H:%M:%S", "time": "%H:%M"}
    return str(element["format"]).format(**{name: at.strftime(form) for name, form in forms.items()})


def _element(element: Json) -> str:
    if element["type"] == "checkboxes":
        return f'<div class="boxes">{"".join(_box(option, element) for option in element["options"])}</div>'
    return f'<span class="button {element.get("style", "")}">{escape(element["text"]["text"])}</span>'


def _thumbs(element: Json) -> str:
    """Slack draws a thumb for each and says the label aloud."""
    sides = (("+1", element["positive_button"]), ("-1", element["negative_button"]))
    return "".join(f"<span>{sign} {escape(side['text']['text'])}</span>" for sign, side in sides)


def _box(option: Json, element: Json) -> str:
    ticked = option in element.get("initial_options", ())
    more = f"<em>{escape(option['description']['text'])}</em>" if "description" in option else ""
    tick = f'<span class="tick {"ticked" if ticked else ""}">{"✓" if ticked else ""}</span>'
    return f'<div class="box">{tick}<div>{escape(option["text"]["text"])}{more}</div></div>'


def _row(row: Sequence[Json], settings: Sequence[Json]) -> str:
    cells = (
        f'<td align="{settings[n].get("align", "left") if n < len(settings) else "left"}">{escape(cell["text"])}</td>'
        for n, cell in enumerate(row)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _input(block: Json) -> str:
    element = block["element"]
    need = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    area = "area" if element.get("multiline") else ""
    value = escape(element.get("initial_value", ""))
    return f'<label>{escape(block["label"]["text"])}{need}</label><div class="input {area}">{value}</div>'


def _chart(block: Json) -> str:
    """A line per series, without scales: enough to see that there is one."""
    values = [[point["value"] for point in series["data"]] for series in block["chart"]["series"]]
    top = max((value for course in values for value in course), default=1) or 1
    lines = ""
    for course in values:
        points = " ".join(f"{n * 30},{130 - value / top * 110:.1f}" for n, value in enumerate(course))
        lines += f'<polyline fill="none" stroke="#3b8eea" stroke-width="2" points="{points}"/>'
    return f'<div class="file"><b>{escape(block["title"])}</b><br><svg width="600" height="140">{lines}</svg></div>'

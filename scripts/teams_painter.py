"""Adaptive Cards as Microsoft's own library shows and judges them, with the settings of Teams, in a headless Chromium.

The library and Teams' settings come from npm: `make teams-client` puts them where `modules` looks.
"""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
_FAULTS = re.compile(r'<pre id="faults">(.*?)</pre>', re.DOTALL)
_PAGE = """<!doctype html><meta charset="utf-8">
<style>{style}
body {{ margin: 0; padding: 14px; background: {ground}; font-family: "Segoe UI", "Liberation Sans", sans-serif; }}
.card {{ width: 640px; margin: 0 0 14px; background: {paper}; border-radius: 6px; }}
pre {{ display: none; }}
.ac-pushButton.expandable:after,
.ac-pushButton.expandable.expanded:after {{ content: " \\25be"; font-family: inherit; }}
</style><body><script>{markdown}</script><script>{library}</script><script>
const faults = [];
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {{
  result.outputHtml = markdownit().render(text); result.didProcess = true;
}};
for (const [name, payload] of {cards}) {{
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig({config});
  const context = new AdaptiveCards.SerializationContext();
  card.parse(payload, context);
  for (let i = 0; i < context.eventCount; i++) faults.push([name, context.getEventAt(i).message]);
  for (const event of card.validateProperties().validationEvents) faults.push([name, event.message]);
  const place = document.createElement("div");
  place.className = "card";
  place.appendChild(card.render());
  document.body.appendChild(place);
}}
const said = document.createElement("pre");
said.id = "faults";
said.textContent = JSON.stringify(faults);
document.body.appendChild(said);
</script>"""


def modules() -> Path | None:
    """Where npm's packages are, None where `make teams-client` was not run."""
    folder = (
        Path(os.environ.get("HILDA_TEAMS_CLIENT") or Path.home() / ".cache" / "hilda-teams-client") / "node_modules"
    )
    return folder if (folder / "adaptivecards").is_dir() else None


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def page(cards: Mapping[str, Mapping[str, Any]], *, dark: bool) -> str:
    """All of these cards below each other, as Teams draws them."""
    folder = _folder()
    tone = "dark" if dark else "light"
    designer = folder / "adaptivecards-designer" / "dist"
    return _PAGE.format(
        style=(folder / "adaptivecards" / "dist" / "adaptivecards.css").read_text()
        + (designer / "containers" / f"teams-container-{tone}.css").read_text(),
        ground="#1f1f1f" if dark else "#f5f5f5",
        paper="#292929" if dark else "#ffffff",
        markdown=(folder / "markdown-it" / "dist" / "markdown-it.min.js").read_text(),
        library=(folder / "adaptivecards" / "dist" / "adaptivecards.min.js").read_text(),
        cards=json.dumps(list(cards.items())).replace("</", "<\\/"),
        config=_host_config(tone),
    )


def faults(cards: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What Microsoft's library has against these cards: (name of the card, why)."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page(cards, dark=False))
        shown = _run(["--dump-dom", source.as_uri()])
    found = _FAULTS.search(shown.decode())
    if found is None:
        raise RuntimeError("The page did not come to its end: a card broke the library that draws it.")
    return [(name, why) for name, why in json.loads(html.unescape(found[1]))]


def photograph(cards: Mapping[str, Mapping[str, Any]], target: Path, *, dark: bool, height: int = 3600) -> None:
    """The cards as a PNG of that many pixels at most."""
    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(page(cards, dark=dark))
        size = [f"--window-size=670,{height}", "--force-device-scale-factor=1.5", f"--screenshot={shot}"]
        _run([*size, source.as_uri()])
        shutil.copy(shot, target)


def _run(arguments: Sequence[str]) -> bytes:
    program = chromium() or "chromium"
    return subprocess.run([program, *_CHROMIUM, *arguments], check=True, capture_output=True, timeout=90).stdout


def _folder() -> Path:
    folder = modules()
    if folder is None:
        raise RuntimeError("Microsoft's card library is missing. Get it with: make teams-client")
    return folder


@cache
def _host_config(tone: str) -> str:
    """Teams' own settings, which exist only inside the card designer: JSON."""
    text = (_folder() / "adaptivecards-designer" / "dist" / "adaptivecards-designer.js").read_text()
    module = text.index(f'"./src/hostConfigs/microsoft-teams-{tone}.json":')
    begin = text.index("JSON.parse('", module) + len("JSON.parse('")
    literal = text[begin : text.index("');", begin)]
    config: str = json.loads(f'"{literal.replace(chr(34), chr(92) + chr(34)).replace(chr(92) + chr(39), chr(39))}"')
    json.loads(config)
    return config

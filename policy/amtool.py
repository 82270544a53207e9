"""What an amtool command means: silences that are added, looked for, or ended. No other amtool command is understood.

A silence is run only where it is as narrow and as short as what was seen: equal labels alone, the alert's name among
them, from one written moment to another, a day at the most. Anything wider is judged honestly and left to people.
"""

import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.risk import Risk
from domain.scripts import ShellCommand
from domain.silences import ALERT_KIND, ALERTMANAGER, KIND, Silence, moment, moment_in, to_create, to_expire, to_list
from policy.judged import Judged, worst
from policy.kubectl_call import KubectlCall, ObjectTarget
from policy.shell import NotUnderstood, quote

LONGEST = timedelta(hours=24)
"""A silence that outlives a day outlives the memory of why it was made."""

_VALUES = {"a": "author", "c": "comment", "d": "duration"}
_FLAGS = {
    "add": frozenset({"alertmanager.url", "author", "comment", "duration", "start", "end"}),
    "query": frozenset({"alertmanager.url", "created-by", "quiet", "expired"}),
    "expire": frozenset({"alertmanager.url"}),
}
_SWITCHES = frozenset({"quiet", "expired"})
_MATCHER = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)(=~|!~|!=|=)(.*)", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")
_LONGEST_WORD = 500


def understand(command: ShellCommand) -> KubectlCall:
    """What `command` means; NotUnderstood when that cannot be told.

    >>> url = "--alertmanager.url=http://alerts:9093"
    >>> understand(ShellCommand(("amtool", "silence", "query", url), "")).risk.name
    'read'
    """
    match command.argv:
        case ("amtool", "silence", "add", *rest):
            flags, words = _apart("add", rest)
            return _add(flags, words)
        case ("amtool", "silence", "query", *rest):
            flags, words = _apart("query", rest)
            for word in words:
                _equal(word)
            requests = (to_list(_url(flags)),)
            return KubectlCall("silence query", "", requests=requests, flags=flags, reasons=("It lists silences.",))
        case ("amtool", "silence", "expire", *rest):
            flags, words = _apart("expire", rest)
            return _expire(flags, words)
        case _:
            raise NotUnderstood("of amtool only silence add, silence query and silence expire are known here.")


def written(url: str, silence: Silence) -> ShellCommand:
    """The command that adds exactly this silence, as `understand` reads it."""
    argv = (
        "amtool",
        "silence",
        "add",
        f"--alertmanager.url={url}",
        f"--start={moment(silence.starts)}",
        f"--end={moment(silence.ends)}",
        f"--author={silence.author}",
        f"--comment={silence.comment}",
        *(f'{name}="{value}"' for name, value in silence.matchers),
    )
    return ShellCommand(argv, quote(argv))


def _add(flags: Mapping[str, str], words: list[str]) -> KubectlCall:
    url = _url(flags)
    for name in ("author", "comment"):
        if not flags.get(name, "").strip():
            raise NotUnderstood(f"it has no --{name}: a silence says who wanted it, and why.")
    matchers = [_matcher(word) for word in words]
    plain = {name: value for name, sign, value in matchers if sign == "="}
    if len({name for name, *_ in matchers}) != len(matchers):
        raise NotUnderstood("it names a label twice.")
    judged = worst((_width(matchers), _length(flags)))
    if not judged.runnable:
        call = KubectlCall("silence add", "", flags=flags, risk=judged.risk, reasons=judged.reasons)
        return dataclasses.replace(call, runnable=False)
    silence = Silence(
        tuple(sorted(plain.items())), _moment(flags, "start"), _moment(flags, "end"), flags["author"], flags["comment"]
    )
    target = ObjectTarget("alerts", ALERTMANAGER, ALERT_KIND, plain.get("namespace", ""), plain["alertname"])
    return KubectlCall(
        "silence add",
        "",
        targets=(target,),
        requests=(to_create(url, silence),),
        flags=flags,
        risk=judged.risk,
        reasons=judged.reasons,
    )


def _width(matchers: list[tuple[str, str, str]]) -> Judged:
    """How much it silences."""
    if not matchers:
        raise NotUnderstood("it names no label: it would silence everything.")
    for name, sign, value in matchers:
        if sign != "=":
            why = f"{name}{sign}{value} is a pattern: it silences alerts that nobody has looked at."
            return Judged(Risk.high, (why,), runnable=False)
        if not value:
            why = f"{name} with no value holds for every alert without that label."
            return Judged(Risk.high, (why,), runnable=False)
    if "alertname" not in {name for name, *_ in matchers}:
        return Judged(Risk.high, ("It does not name the alert, so it silences others too.",), runnable=False)
    return Judged(Risk.low, ("It keeps one alert from being told, and changes nothing in the cluster.",))


def _length(flags: Mapping[str, str]) -> Judged:
    """How long it silences, and whether that is written as it will be."""
    if "end" in flags and "start" not in flags:
        raise NotUnderstood("it says when it ends and not when it begins: write --start, too.")
    length = _moment(flags, "end") - _moment(flags, "start") if "end" in flags else _for(flags)
    if length <= timedelta(0):
        raise NotUnderstood("it ends before it begins.")
    if length > LONGEST:
        hours = int(LONGEST.total_seconds() // 3600)
        why = f"It is longer than {hours} hours, after which nobody remembers why an alert is quiet."
        return Judged(Risk.high, (why,), runnable=False)
    if "end" not in flags or "duration" in flags:
        why = "It does not say from when until when: write --start and --end."
        return Judged(Risk.low, (why,), runnable=False)
    return Judged(Risk.low, ())


def _expire(flags: Mapping[str, str], words: list[str]) -> KubectlCall:
    if len(words) != 1 or not _UUID.fullmatch(words[0]):
        raise NotUnderstood("it does not name one silence by its id.")
    return KubectlCall(
        "silence expire",
        "",
        targets=(ObjectTarget("silences", ALERTMANAGER, KIND, "", words[0]),),
        requests=(to_expire(_url(flags), words[0]),),
        flags=flags,
        risk=Risk.low,
        reasons=("It ends a silence: the alert is told again.",),
    )


def _apart(what: str, rest: list[str]) -> tuple[dict[str, str], list[str]]:
    """Flags by their long names, and the other words."""
    flags: dict[str, str] = {}
    words: list[str] = []
    waiting = iter(rest)
    for word in waiting:
        if len(word) > _LONGEST_WORD:
            raise NotUnderstood(f"the word {word[:40]!r}… is longer than {_LONGEST_WORD} characters.")
        if not word.startswith("-"):
            words.append(word)
            continue
        name, given, value = word.lstrip("-").partition("=")
        if not word.startswith("--"):
            name = {**_VALUES, "q": "quiet"}.get(name, name) if len(word) == 2 else ""
            given = ""
        if name not in _FLAGS[what] or name in flags:
            raise NotUnderstood(f"the flag {word.partition('=')[0][:40]} of amtool silence {what} is not known here.")
        if name in _SWITCHES:
            if given:
                raise NotUnderstood(f"--{name} takes no value.")
            flags[name] = "true"
        else:
            flags[name] = value if given else next(waiting, "")
    return flags, words


def _matcher(word: str) -> tuple[str, str, str]:
    found = _MATCHER.fullmatch(word)
    if not found:
        raise NotUnderstood(f"{word[:60]!r} is not label=value.")
    name, sign, value = found.groups()
    if value[:1] == '"' or value[-1:] == '"':
        if len(value) < 2 or value[0] != '"' or value[-1] != '"':
            raise NotUnderstood(f"{word[:60]!r} is not label=value.")
        value = value[1:-1]
    if set(value) & set('"\\\n'):
        raise NotUnderstood(f"the value of {name} holds a quote, a backslash or a line's end.")
    return name, sign, value


def _equal(word: str) -> tuple[str, str]:
    name, sign, value = _matcher(word)
    if sign != "=":
        raise NotUnderstood(f"{word[:60]!r} is not label=value.")
    return name, value


def _url(flags: Mapping[str, str]) -> str:
    url = flags.get("alertmanager.url", "")
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known or "@" in parts.netloc or parts.query or parts.fragment or url != url.rstrip("/") or " " in url:
        raise NotUnderstood("it does not say which Alertmanager: write --alertmanager.url=http://HOST:PORT.")
    return url


def _moment(flags: Mapping[str, str], name: str) -> datetime:
    text = flags[name]
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", text):
        raise NotUnderstood(f"--{name}={text[:40]} is no moment: write it as 2006-01-02T15:04:05Z.")
    try:
        return moment_in(text)
    except ValueError as wrong:
        raise NotUnderstood(f"--{name}={text[:40]} is no moment: {wrong}.") from wrong


def _for(flags: Mapping[str, str]) -> timedelta:
    found = _DURATION.fullmatch(flags.get("duration", "1h"))
    if not found or not any(found.groups()):
        raise NotUnderstood(f"--duration={flags.get('duration', '')[:40]} is no length of time: write 1h or 30m.")
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

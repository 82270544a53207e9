"""Runs inside the sandbox under the name amtool: silences are added, looked for and ended through the proxy.

Standard library only, since nothing else is there. It takes what policy/amtool.py lets through and does with it what
Alertmanager's own amtool does; where the Alertmanager is, only the proxy outside knows.
"""

import http.client
import json
import re
import sys
from typing import Any

PROXY = ("127.0.0.1", 8001)
ROOT = "/alertmanager"
_SECONDS = 30.0
_SWITCHES = ("--quiet", "-q", "--expired")
_SHORT = {"-a": "author", "-c": "comment", "-d": "duration"}


def main(*words: str) -> int:
    match words:
        case ("silence", "add", *rest):
            return add(*apart(rest))
        case ("silence", "query", *rest):
            return query(*apart(rest))
        case ("silence", "expire", *rest):
            return expire(*apart(rest))
    return failed("only silence add, silence query and silence expire are to be had here")


def add(flags: dict[str, str], matchers: list[tuple[str, str]], others: list[str]) -> int:
    if others:
        return failed(f"{others[0]} is not label=value")
    silence = {
        "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in matchers],
        "startsAt": flags["start"],
        "endsAt": flags["end"],
        "createdBy": flags["author"],
        "comment": flags["comment"],
    }
    status, answer = ask("POST", "/api/v2/silences", silence)
    if status != 200:
        return failed(answer)
    sys.stdout.write(f"{answer['silenceID']}\n")
    return 0


def query(flags: dict[str, str], matchers: list[tuple[str, str]], others: list[str]) -> int:
    status, answer = ask("GET", "/api/v2/silences")
    if status != 200:
        return failed(answer)
    for silence in answer:
        expired = silence["status"]["state"] == "expired"
        same = all(
            any(each["name"] == name and each["value"] == value for each in silence["matchers"])
            for name, value in matchers
        )
        if expired is ("expired" in flags) and same and flags.get("created-by") in {None, silence["createdBy"]}:
            told = (
                silence["id"] if "quiet" in flags else f"{silence['id']}  {silence['endsAt']}  {silence['createdBy']}"
            )
            sys.stdout.write(f"{told}\n")
    return 0


def expire(flags: dict[str, str], matchers: list[tuple[str, str]], others: list[str]) -> int:
    for silence in others:
        status, answer = ask("DELETE", f"/api/v2/silence/{silence}")
        if status != 200:
            return failed(answer)
    return 0


def apart(words: list[str]) -> tuple[dict[str, str], list[tuple[str, str]], list[str]]:
    """Flags, labels that must be equal, and other words."""
    flags: dict[str, str] = {}
    matchers: list[tuple[str, str]] = []
    others: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word in _SWITCHES:
            flags["quiet" if word == "-q" else word.lstrip("-")] = "true"
        elif word.startswith("-"):
            name, given, value = word.partition("=")
            flags[_SHORT.get(name, name.lstrip("-"))] = value if given else next(waiting)
        elif found := re.fullmatch(r'([a-zA-Z_][a-zA-Z0-9_]*)=(?:"(.*)"|(.*))', word, re.DOTALL):
            matchers.append((found[1], found[2] if found[2] is not None else found[3]))
        else:
            others.append(word)
    return flags, matchers, others


def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The status, and what was answered."""
    proxy = http.client.HTTPConnection(*PROXY, timeout=_SECONDS)
    data = None if body is None else json.dumps(body).encode()
    proxy.request(method, ROOT + path, data, {"Content-Type": "application/json"} if data else {})
    answer = proxy.getresponse()
    text = answer.read().decode(errors="replace")
    try:
        return answer.status, json.loads(text) if text else ""
    except ValueError:
        return answer.status, text


def failed(why: object) -> int:
    said = why.get("message", why) if isinstance(why, dict) else why
    sys.stderr.write(f"amtool: error: {said}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

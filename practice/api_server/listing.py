"""Get and list: one object, or those that selectors choose, in pages if the client asks for pages."""

import base64
from collections import OrderedDict
from collections.abc import Callable

import orjson

from practice.api import Json
from practice.api_server import options
from practice.api_server.call import Call
from practice.api_server.field_selectors import parse_field_selector
from practice.api_server.label_selectors import parse_label_selector
from practice.api_server.refusals import Refused, bad_request, expired, not_found
from practice.api_server.store import Store, Stored

_PAGED_LISTS = 16
"""Lists that clients are in the middle of; the next page of an older one is Gone."""

Choice = Callable[[Json], bool]


class Listing:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._paged: OrderedDict[str, list[Stored]] = OrderedDict()

    def get(self, call: Call) -> Stored:
        asked, resource = call.asked, call.resource
        check_version(self._store, call)
        stored = self._store.find(resource.shelf, call.namespace, asked.name)
        if stored is None:
            raise not_found(resource.group, resource.plural, asked.name)
        return stored

    def chosen(self, call: Call) -> list[Stored]:
        """All that the selectors let through."""
        everything = self._store.list(call.resource.shelf, call.namespace)
        choose = choice(call)
        return everything if choose is None else [stored for stored in everything if choose(stored.item)]

    def page(self, call: Call) -> tuple[list[Stored], Json]:
        """The objects, and the metadata of their list."""
        options.check_list(call.asked)
        limit = max(call.asked.number("limit") or 0, 0)
        if token := call.asked.query.get("continue"):
            found, start, version = self._resume(token)
        else:
            check_version(self._store, call)
            found, start, version = self.chosen(call), 0, self._store.version
        meta: Json = {"resourceVersion": str(version)}
        end = start + limit if limit else len(found)
        if end < len(found):
            meta["continue"] = self._remember(found, end, version)
            if not call.asked.query.get("labelSelector") and not call.asked.query.get("fieldSelector"):
                meta["remainingItemCount"] = len(found) - end
        return found[start:end], meta

    def _remember(self, found: list[Stored], start: int, version: int) -> str:
        key = f"{id(found)}/{version}"
        self._paged[key] = found
        self._paged.move_to_end(key)
        while len(self._paged) > _PAGED_LISTS:
            self._paged.popitem(last=False)
        return base64.urlsafe_b64encode(orjson.dumps({"rv": version, "of": key, "start": start})).decode().rstrip("=")

    def _resume(self, token: str) -> tuple[list[Stored], int, int]:
        try:
            told = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            key, start, version = str(told["of"]), int(told["start"]), int(told["rv"])
        except (ValueError, KeyError, TypeError) as error:
            raise bad_request(f"invalid continue token: continue key is not valid: {error}") from None
        if key not in self._paged:
            raise expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new "
                "list without the continue parameter."
            )
        return self._paged[key], start, version


def choice(call: Call) -> Choice | None:
    """What the selectors of a request let through; None for everything."""
    labels = parse_label_selector(call.asked.query.get("labelSelector", ""))
    fields = parse_field_selector(call.asked.query.get("fieldSelector", ""), call.resource)
    if not labels and not fields:
        return None
    return lambda item: labels.matches(item["metadata"].get("labels") or {}) and fields.matches(item)


def check_version(store: Store, call: Call) -> int | None:
    """The resourceVersion that the client asks from, if it says one; refused when nobody can know it yet."""
    text = call.asked.query.get("resourceVersion", "")
    if not text:
        return None
    if not text.isdecimal():
        raise bad_request(
            f'invalid resource version: resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": '
            "invalid syntax"
        )
    if int(text) > store.version and call.asked.verb != "watch":
        raise Refused(
            504,
            "Timeout",
            f"Timeout: Too large resource version: {text}, current: {store.version}",
            {
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            },
        )
    return int(text)

"""Answers in the shape the client wants: whole objects, a Table of them, or only their metadata."""

from collections.abc import Sequence

import orjson

from practice.api import Json
from practice.api_server import recordings
from practice.api_server.call import Call
from practice.api_server.conversions import from_kept
from practice.api_server.negotiation import Wanted, wanted
from practice.api_server.refusals import bad_request
from practice.api_server.store import Stored
from practice.api_server.tables.table import INCLUDES, table
from practice.api_server.times import now

_TABLE = "Table"
_METADATA = "PartialObjectMetadata"
_METADATA_LIST = "PartialObjectMetadataList"
_OF_OBJECTS = frozenset({_TABLE, _METADATA})
_OF_LISTS = frozenset({_TABLE, _METADATA_LIST})


class Shape:
    """How one request is answered."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.wanted: Wanted = wanted(call.accept, _OF_LISTS if call.asked.verb == "list" else _OF_OBJECTS)
        self._include = call.asked.query.get("includeObject", "")
        self._has_headers = True
        if self.wanted.shape == _TABLE and self._include not in INCLUDES:
            raise bad_request(
                f'Unable to convert to Table as requested: includeObject: Invalid value: "{self._include}": must be '
                "'Metadata', 'Object', 'None', or empty"
            )

    def of_stored(self, stored: Stored) -> bytes:
        """One object as it is kept."""
        resource = self._call.resource
        if self.wanted.shape or stored.item["apiVersion"] != resource.api_version:
            return self.of_item(stored.item)
        return orjson.dumps({"kind": resource.kind, "apiVersion": resource.api_version})[:-1] + b"," + stored.body[1:]

    def of_item(self, item: Json) -> bytes:
        """One object, or whatever else answers a write, such as a Status."""
        if item["kind"] != self._call.resource.kind:
            return orjson.dumps(item)
        item = from_kept(item, self._call.resource)
        match self.wanted.shape:
            case "Table":
                version = item["metadata"].get("resourceVersion")
                return self._table([item], {"resourceVersion": version} if version else {})
            case "PartialObjectMetadata":
                return orjson.dumps(_metadata_of(item))
        return orjson.dumps(item)

    def of_list(self, found: Sequence[Stored], meta: Json) -> bytes:
        """A list, from the parts that are ready."""
        match self.wanted.shape:
            case "Table":
                return self._table([stored.item for stored in found], meta)
            case "PartialObjectMetadataList":
                items = [{"metadata": stored.item["metadata"]} for stored in found]
                head = {"kind": _METADATA_LIST, "apiVersion": "meta.k8s.io/v1", "metadata": meta}
                return orjson.dumps({**head, "items": items})
        resource = self._call.resource
        head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": meta}
        return orjson.dumps(head)[:-1] + b',"items":[' + b",".join(map(self._in_list, found)) + b"]}"

    def _in_list(self, stored: Stored) -> bytes:
        if stored.item["apiVersion"] == self._call.resource.api_version:
            return stored.body
        converted = from_kept(stored.item, self._call.resource)
        return orjson.dumps({key: value for key, value in converted.items() if key not in ("kind", "apiVersion")})

    def of_bookmark(self, meta: Json) -> bytes:
        """What a watch says when only its version moved."""
        resource = self._call.resource
        match self.wanted.shape:
            case "Table":
                row = {"cells": [], "object": {"kind": _METADATA, "apiVersion": "meta.k8s.io/v1", "metadata": meta}}
                told = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "columnDefinitions": None}
                return orjson.dumps({"kind": _TABLE, "apiVersion": "meta.k8s.io/v1", **told, "rows": [row]})
            case "PartialObjectMetadata":
                return orjson.dumps({"kind": _METADATA, "apiVersion": "meta.k8s.io/v1", "metadata": meta})
        return orjson.dumps({"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta})

    def _table(self, items: list[Json], meta: Json) -> bytes:
        resource = self._call.resource
        body = table(
            resource.plural,
            [from_kept(item, resource) for item in items],
            columns=recordings.columns()[resource.list_path],
            now=now(),
            metadata=meta,
            include_object=self._include,
            headers=self._has_headers,
        )
        # Of a watch's Tables only the first says its columns.
        self._has_headers = self._call.asked.verb != "watch"
        return orjson.dumps(body)


def _metadata_of(item: Json) -> Json:
    return {"kind": _METADATA, "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}

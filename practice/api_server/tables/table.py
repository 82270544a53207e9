"""A meta.k8s.io/v1 Table of objects, as an API server answers `Accept: application/json;as=Table`."""

from collections.abc import Sequence
from datetime import datetime

from practice.api import Json
from practice.api_server.tables.catalog import PRINTERS
from practice.api_server.tables.pods import conditions

INCLUDES = ("", "Metadata", "Object", "None")
"""What a request may ask of each row as `includeObject`; "" is Metadata."""


def table(
    resource: str,
    items: Sequence[Json],
    *,
    columns: Sequence[Json],
    now: datetime,
    metadata: Json,
    include_object: str = "Metadata",
    headers: bool = True,
) -> Json:
    """The Table of `items` of one resource (plural, such as "pods").

    `columns` are the recorded columnDefinitions, `metadata` is the list's (or, for a single object, its
    resourceVersion alone). A watch's Tables have one row each, and headers only in the first.
    """
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": list(columns) if headers else None,
        "rows": [_row(resource, item, now, include_object) for item in items],
    }


def _row(resource: str, item: Json, now: datetime, include_object: str) -> Json:
    row: Json = {"cells": PRINTERS[resource](item, now), "object": _included(item, include_object)}
    if resource == "pods" and (ended := conditions(item)):
        row["conditions"] = ended
    return row


def _included(item: Json, include_object: str) -> Json | None:
    match include_object:
        case "None":
            return None
        case "Object":
            return item
        case _:
            return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}

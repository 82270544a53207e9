"""What the server says of an object that is not of the kind it should be."""

from practice.api_server.schema.schemas import Json, UnknownKind, schema_of

_SCHEME = "pkg/runtime/scheme.go:111"


def wrong_kind(item: Json, wanted: Json) -> str:
    """Why an object cannot be one of another's kind, or nothing when it is.

    >>> wrong_kind({"apiVersion": "v1", "kind": "Secret"}, {"apiVersion": "v1", "kind": "ConfigMap"})
    'converting (v1.Secret) to (core.ConfigMap): unknown conversion'
    """
    version, kind = item["apiVersion"], item["kind"]
    if (version, kind) == (wanted["apiVersion"], wanted["kind"]):
        return ""
    try:
        schema_of(version, kind)
    except UnknownKind:
        return f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"'
    group = wanted["apiVersion"].rpartition("/")[0].partition(".")[0] or "core"
    return f"converting ({version.rpartition('/')[2]}.{kind}) to ({group}.{wanted['kind']}): unknown conversion"

"""The shapes of Kubernetes' objects, read from what was recorded from the real server (practice/api_server/recorded/).

OpenAPI says what fields there are, how patches merge them and who may own them; `fields.json`, from the server's
source, says their Go types and which zeros are left out.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]

RECORDED = Path(__file__).parent.parent / "recorded"

Form: TypeAlias = Literal[
    "struct",
    "map",
    "list",
    "string",
    "int32",
    "int64",
    "bool",
    "bytes",
    "quantity",
    "time",
    "micro-time",
    "int-or-string",
    "any",
]
"""`any` is kept as it comes."""

_FORM_OF_NAME: dict[str, Form] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro-time",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
}
_GO_STRUCTS = ("struct", "time", "micro-time", "quantity", "int-or-string", "any")
_ZERO: dict[Form, Any] = {"string": "", "int32": 0, "int64": 0, "bool": False, "quantity": "0", "int-or-string": 0}


_WITH_SUBRESOURCES = ("apps/v1", "v1")
"""Documents that hold kinds of other groups: Scale (autoscaling/v1) and Eviction (policy/v1)."""


class UnknownKind(LookupError):
    """No such kind was recorded."""


@dataclass(slots=True, eq=False)
class Schema:
    """The shape of a value. `name` is OpenAPI's for a struct, empty otherwise."""

    form: Form
    name: str = ""
    fields: dict[str, "Field"] = field(default_factory=dict)
    always: tuple["Field", ...] = ()
    """Of a struct: the fields that are written even when they are zero."""
    element: "Field | None" = None
    """Of a list: its items. Of a map: its values."""
    atomic: bool = False
    """Of a struct or map: owned as a whole (managedFields)."""

    @property
    def go_name(self) -> str:
        """`DeploymentSpec`, as errors call it."""
        return self.name.rpartition(".")[2]


@dataclass(slots=True, eq=False)
class Field:
    """One field of a struct, or the items of a list or a map."""

    schema: Schema
    name: str = ""
    go_type: str = ""
    """As Go prints it, without a pointer's star: `v1.PullPolicy`."""
    embedded_in: str = ""
    """The Go struct that is embedded in the field's own and declares it: `ProbeHandler`."""
    pointer: bool = False
    omitted_when_zero: bool = False
    merge_key: str = ""
    """The key by which a strategic merge patch merges the list's items; empty if they have none."""
    merge_strategy: frozenset[str] = frozenset()
    """Of `merge`, `replace`, `retainKeys`."""
    list_type: str = ""
    """`atomic`, `set` or `map`, for managedFields."""
    list_keys: tuple[str, ...] = ()
    default: Any = None
    allowed: tuple[str, ...] = ()
    """Values that OpenAPI lists; empty for any."""

    def zero(self) -> Any:
        """What the server writes where a field that is always written was not given."""
        if self.pointer or self.schema.form not in _ZERO:
            return empty(self.schema) if self.schema.form == "struct" and not self.pointer else None
        return _ZERO[self.schema.form]


def empty(schema: Schema) -> Json:
    """A struct of which nothing was given, as the server writes it."""
    return {each.name: each.zero() for each in schema.always}


@cache
def schema_of(api_version: str, kind: str) -> Schema:
    """The shape of a kind's objects; UnknownKind if none was recorded.

    >>> schema_of("apps/v1", "Deployment").fields["spec"].schema.go_name
    'DeploymentSpec'
    """
    for document in (api_version, *_WITH_SUBRESOURCES):
        for name, raw in _document(document).items():
            if _gvk(api_version, kind) in raw.get("x-kubernetes-group-version-kind", []):
                return _struct(document, name)
    raise UnknownKind(f'no kind "{kind}" is registered for version "{api_version}"')


@cache
def _document(api_version: str) -> dict[str, Json]:
    file = RECORDED / "openapi" / f"{api_version.replace('/', '_')}.json"
    if not file.exists():
        return {}
    return dict(json.loads(file.read_bytes())["components"]["schemas"])


def _gvk(api_version: str, kind: str) -> Json:
    group, _, version = api_version.rpartition("/")
    return {"group": group, "kind": kind, "version": version}


@cache
def _go_fields() -> dict[str, dict[str, str]]:
    return dict(json.loads((RECORDED / "fields.json").read_bytes()))


_structs: dict[str, Schema] = {}


def _struct(api_version: str, name: str) -> Schema:
    """One struct for all groups: a PodSpec is the same in `v1` and `apps/v1`."""
    if name in _structs:
        return _structs[name]
    raw = _document(api_version)[name]
    form = _FORM_OF_NAME.get(name) or ("struct" if "properties" in raw else "any")
    schema = _structs[name] = Schema(form, name, atomic=raw.get("x-kubernetes-map-type") == "atomic")
    if form == "struct":
        go = _go_fields()[name]
        schema.fields = {key: _field(api_version, key, raw["properties"][key], go[key]) for key in go}
        schema.always = tuple(each for each in schema.fields.values() if not each.omitted_when_zero)
    return schema


def _field(api_version: str, name: str, raw: Json, go: str) -> Field:
    go_type, *options = go.split(",")
    schema = _shape(api_version, raw, go_type)
    pointer = go_type.startswith("*")
    # Go's `omitempty` never leaves out a struct; `omitzero` does.
    is_struct = schema.form in _GO_STRUCTS and not pointer
    return Field(
        schema,
        name,
        go_type.removeprefix("*"),
        next((each.removeprefix("in=") for each in options if each.startswith("in=")), ""),
        pointer,
        "omitzero" in options or ("omitempty" in options and not is_struct),
        raw.get("x-kubernetes-patch-merge-key", ""),
        frozenset(filter(None, raw.get("x-kubernetes-patch-strategy", "").split(","))),
        raw.get("x-kubernetes-list-type", ""),
        tuple(raw.get("x-kubernetes-list-map-keys", ())),
        raw.get("default"),
        tuple(raw.get("enum", ())),
    )


def _shape(api_version: str, raw: Json, go_type: str) -> Schema:
    reference = raw["allOf"][0]["$ref"] if "allOf" in raw else raw.get("$ref")
    if reference:
        return _struct(api_version, reference.rpartition("/")[2])
    match raw.get("type"), raw.get("format"):
        case "array", _:
            return Schema("list", element=_element(api_version, raw["items"], go_type))
        case "object", _ if isinstance(raw.get("additionalProperties"), dict):
            atomic = raw.get("x-kubernetes-map-type") == "atomic"
            return Schema("map", element=_element(api_version, raw["additionalProperties"], go_type), atomic=atomic)
        case "string", "byte":
            return Schema("bytes")
        case "string", "date-time":
            return Schema("time")
        case "string", _:
            return Schema("string")
        case "integer", "int64":
            return Schema("int64")
        case "integer", _:
            return Schema("int32")
        case "boolean", _:
            return Schema("bool")
    return Schema("any")


def _element(api_version: str, raw: Json, go_type: str) -> Field:
    inner = go_type.partition("]")[2] if go_type.startswith(("[]", "map[")) else ""
    schema = _shape(api_version, raw, inner)
    return Field(
        schema, go_type=inner.removeprefix("*"), pointer=inner.startswith("*"), allowed=tuple(raw.get("enum", ()))
    )

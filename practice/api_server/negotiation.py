"""In which shape the client wants its answer, and in which shape it sent its body."""

from dataclasses import dataclass

import orjson
import yaml

from practice.api_server.refusals import not_acceptable

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"


@dataclass(frozen=True)
class Wanted:
    """`shape` is empty for the objects themselves, or Table, PartialObjectMetadata(List), APIGroupDiscoveryList."""

    media: str = JSON
    shape: str = ""
    content_type: str = JSON


def wanted(accept: str, shapes: frozenset[str]) -> Wanted:
    """The first of the accepted shapes that there is; protobuf gets JSON, which its clients take as well."""
    if not accept.strip():
        return Wanted()
    for offer in accept.split(","):
        media, _, rest = offer.strip().partition(";")
        parameters = dict(each.strip().split("=", 1) for each in rest.split(";") if "=" in each)
        shape = parameters.get("as", "")
        media = media.strip().lower()
        if shape and shape not in shapes:
            continue
        if media in (JSON, "application/*", "*/*", PROTOBUF):
            return Wanted(JSON, shape, _with_parameters(JSON, parameters) if shape else JSON)
        if media in (YAML, "text/yaml", "application/x-yaml"):
            return Wanted(YAML, shape, YAML)
    raise not_acceptable()


def _with_parameters(media: str, parameters: dict[str, str]) -> str:
    kept = [f"{key}={parameters[key]}" for key in ("g", "v", "as") if key in parameters]
    return ";".join([media, *kept]) if parameters.get("as") == "APIGroupDiscoveryList" else media


def encoded(body: bytes, media: str) -> bytes:
    """JSON as the media type wants it."""
    if media == YAML:
        return yaml.safe_dump(orjson.loads(body), default_flow_style=False, allow_unicode=True).encode()
    return body + b"\n"

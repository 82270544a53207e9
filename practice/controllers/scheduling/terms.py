"""Node selectors: which nodes a pod or a volume names by their labels. Pure."""

from collections.abc import Sequence

from practice.api import Json
from practice.controllers.labels import has_all, meets


def node_matches(spec: Json, node: Json) -> bool:
    """nodeSelector and the required node affinity of a pod's spec."""
    labels = node["metadata"].get("labels") or {}
    if not has_all(spec.get("nodeSelector") or {}, labels):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or matches_terms(required["nodeSelectorTerms"], node)


def named_nodes(spec: Json) -> set[str] | None:
    """The nodes that every required term of a pod's spec names; None if some term names none."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or ()
    names: set[str] = set()
    for term in terms:
        fields = [each for each in term.get("matchFields") or () if each["operator"] == "In"]
        if not fields:
            return None
        names |= set(fields[0]["values"])
    return names or None


def matches_terms(terms: Sequence[Json], node: Json) -> bool:
    """Any of the nodeSelectorTerms; one without any requirement matches nothing."""
    return any(_matches_term(term, node) for term in terms)


def _matches_term(term: Json, node: Json) -> bool:
    by_label, by_field = term.get("matchExpressions") or [], term.get("matchFields") or []
    if not by_label and not by_field:
        return False
    fields = {"metadata.name": node["metadata"]["name"]}
    return meets(by_label, node["metadata"].get("labels") or {}) and meets(by_field, fields)

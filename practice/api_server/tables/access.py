"""Rows of who may do what, of the policies beside it, and of further API servers."""

from datetime import datetime

from practice.api import Json
from practice.api_server.tables.ages import age
from practice.api_server.tables.cells import UNSET, Cell, condition


def plain(item: Json, now: datetime) -> list[Cell]:
    """For kinds without a printer of their own: when it was made, as it is written."""
    return [item["metadata"]["name"], item["metadata"]["creationTimestamp"]]


def role_binding(item: Json, now: datetime) -> list[Cell]:
    role, subjects = item["roleRef"], item.get("subjects") or ()

    def of(kind: str) -> str:
        return ", ".join(each["name"] for each in subjects if each["kind"] == kind)

    accounts = (f"{each['namespace']}/{each['name']}" for each in subjects if each["kind"] == "ServiceAccount")
    return [
        item["metadata"]["name"],
        f"{role['kind']}/{role['name']}",
        age(item, now),
        of("User"),
        of("Group"),
        ", ".join(accounts),
    ]


def admission_policy(item: Json, now: datetime) -> list[Cell]:
    spec = item["spec"]
    kind = spec.get("paramKind")
    return [
        item["metadata"]["name"],
        len(spec.get("validations") or ()),
        f"{kind['apiVersion']}/{kind['kind']}" if kind else UNSET,
        age(item, now),
    ]


def admission_policy_binding(item: Json, now: datetime) -> list[Cell]:
    spec = item["spec"]
    given = spec.get("paramRef") or {}
    params = UNSET
    if given.get("name"):
        params = f"{given.get('namespace') or '*'}/{given['name']}"
    elif "selector" in given:
        params = _as_go_prints(given["selector"])
    return [item["metadata"]["name"], spec["policyName"], params, age(item, now)]


def api_service(item: Json, now: datetime) -> list[Cell]:
    service = item["spec"].get("service")
    return [
        item["metadata"]["name"],
        f"{service['namespace']}/{service['name']}" if service else "Local",
        _available(item),
        age(item, now),
    ]


def _available(item: Json) -> str:
    found = condition(item, "Available")
    if not found:
        return "Unknown"
    reason = found.get("reason")
    return f"{found['status']} ({reason})" if reason and found["status"] != "True" else str(found["status"])


def _as_go_prints(selector: Json) -> str:
    labels = "".join(f"{key}: {value}," for key, value in sorted(selector.get("matchLabels", {}).items()))
    wanted = "".join(
        f"LabelSelectorRequirement{{Key:{each['key']},Operator:{each['operator']},"
        f"Values:[{' '.join(each.get('values', ()))}],}},"
        for each in selector.get("matchExpressions", ())
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{wanted}}},}}"
    )

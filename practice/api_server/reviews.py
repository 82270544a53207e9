"""Questions that somebody asks about themselves: who am I, may I, what may I."""

from practice.api import Json
from practice.api_server import shaping
from practice.api_server.authorization import Authorizer, Deed, Grant
from practice.api_server.call import Answer, Call
from practice.api_server.refusals import bad_request, invalid, no_such_method
from practice.api_server.schema import faults
from practice.api_server.times import stamp


class Reviews:
    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def answer(self, call: Call) -> Answer:
        """Nothing is kept: the answer stands in the status of what was sent."""
        if call.asked.verb != "create":
            raise no_such_method()
        review = shaping.given(call)
        spec = review.get("spec") or {}
        match call.resource.kind:
            case "SelfSubjectReview":
                head: Json = {"metadata": {"creationTimestamp": stamp(call.at)}}
                status = self._who(call)
            case "SelfSubjectAccessReview":
                head = {"metadata": {}, "spec": spec}
                status = self._may(call, spec)
            case _:
                head = {"metadata": {}, "spec": {}}
                status = self._rules(call, spec.get("namespace", ""))
        kind = {"kind": call.resource.kind, "apiVersion": call.resource.api_version}
        return Answer({**kind, **head, "status": status}, 201)

    def _who(self, call: Call) -> Json:
        uid = {"uid": call.user.uid} if call.user.uid else {}
        return {"userInfo": {"username": call.user.name, **uid, "groups": list(call.user.groups)}}

    def _may(self, call: Call, spec: Json) -> Json:
        if objects := spec.get("resourceAttributes"):
            resource, subresource = objects.get("resource", ""), objects.get("subresource", "")
            deed = Deed(
                objects.get("verb", ""),
                objects.get("group", ""),
                f"{resource}/{subresource}" if subresource else resource,
                objects.get("namespace", ""),
                objects.get("name", ""),
            )
        elif path := spec.get("nonResourceAttributes"):
            deed = Deed(path.get("verb", ""), path=path.get("path", ""))
        else:
            why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            raise invalid("authorization.k8s.io", "", "", [faults.invalid("spec.resourceAttributes", None, why)])
        grant = self._authorizer.grant(call.user, deed)
        return {"allowed": grant is not None} | ({"reason": grant.why} if grant and grant.why else {})

    def _rules(self, call: Call, namespace: str) -> Json:
        if not namespace:
            raise bad_request("no namespace on request")
        grants = self._authorizer.grants(call.user, namespace)
        return {
            "resourceRules": [
                _told(each, "apiGroups", "resources", "resourceNames") for each in grants if "resources" in each.rule
            ],
            "nonResourceRules": [_told(each, "nonResourceURLs") for each in grants if "nonResourceURLs" in each.rule],
            "incomplete": False,
        }


def _told(grant: Grant, *fields: str) -> Json:
    return {key: grant.rule[key] for key in ("verbs", *fields) if key in grant.rule}

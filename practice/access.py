"""Who may do what on the practice control plane: tokens, roles, kubeconfigs.

Hilda reads with `hilda`, which also may send the writes that she rehearses. RBAC cannot say "only as a dry run", so an
admission policy does: a write by `hilda` without `dryRun=All` is refused by the API server. The executor holds
`executor`, which writes the same kinds and may impersonate the practice people and nobody else.
"""

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONTEXT = "practice"
MARK = {"hilda.practice/cluster": "true"}
"""Label of kube-system by which a cluster that practice started is recognised."""

WRITING_PEOPLE = ("oncall", "lead", "second-lead")
PEOPLE = (*WRITING_PEOPLE, "guest")
ADMINS = ("admin", "system:kube-controller-manager", "system:kube-scheduler", "practice-kubelet", "deploy-bot")
USERS = (*ADMINS, "hilda", "executor", *PEOPLE)

_READ = ["get", "list", "watch"]
_READABLE: dict[str, list[str]] = {
    "": [
        "configmaps",
        "endpoints",
        "events",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "pods/log",
        "pods/status",
        "replicationcontrollers",
        "resourcequotas",
        "serviceaccounts",
        "services",
    ],
    "apps": ["*"],
    "autoscaling": ["*"],
    "batch": ["*"],
    "coordination.k8s.io": ["leases"],
    "discovery.k8s.io": ["endpointslices"],
    "events.k8s.io": ["events"],
    "metrics.k8s.io": ["*"],
    "networking.k8s.io": ["*"],
    "policy": ["poddisruptionbudgets"],
    "storage.k8s.io": ["*"],
}
_WRITABLE: list[dict[str, Any]] = [
    {
        "apiGroups": ["apps"],
        "resources": ["deployments", "deployments/scale", "statefulsets", "statefulsets/scale", "daemonsets"],
        "verbs": ["patch", "update"],
    },
    {"apiGroups": [""], "resources": ["configmaps", "services", "nodes"], "verbs": ["patch", "update"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["patch", "update", "delete"]},
    {"apiGroups": ["batch"], "resources": ["cronjobs", "jobs"], "verbs": ["patch", "update"]},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["patch", "update"]},
]


def write_tokens(file: Path) -> dict[str, str]:
    """A token for each user, in the file that kube-apiserver takes as --token-auth-file."""
    tokens = {user: secrets.token_hex(16) for user in USERS}
    rows = (f'{token},{user},{user},"{_groups(user)}"' for user, token in tokens.items())
    file.touch(mode=0o600)
    file.write_text("\n".join(rows) + "\n")
    return tokens


def write_kubeconfig(file: Path, *, server: str, authority: bytes, user: str, token: str, namespace: str = "") -> Path:
    """A kubeconfig with one context; JSON, which is YAML too."""
    context = {"cluster": CONTEXT, "user": user} | ({"namespace": namespace} if namespace else {})
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority).decode()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": context}],
        "current-context": CONTEXT,
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(config, indent=2) + "\n")
    return file


def objects() -> Iterator[dict[str, Any]]:
    """The roles, their bindings, and the policy that keeps `hilda` to dry runs."""
    reads = [{"apiGroups": [group], "resources": kinds, "verbs": _READ} for group, kinds in _READABLE.items()]
    impersonate = {
        "apiGroups": [""],
        "resources": ["users"],
        "verbs": ["impersonate"],
        "resourceNames": list(WRITING_PEOPLE),
    }
    yield _role("practice-reader", reads)
    yield _role("practice-writer", _WRITABLE)
    yield _role("practice-impersonator", [impersonate])
    yield _binding("practice-reader", ["hilda", "executor", *PEOPLE])
    yield _binding("practice-writer", ["hilda", "executor", *WRITING_PEOPLE])
    yield _binding("practice-impersonator", ["executor"])
    yield {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "hilda-rehearses-only"},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [_every_write()]},
            "matchConditions": [{"name": "hilda", "expression": "request.userInfo.username == 'hilda'"}],
            "validations": [
                {
                    "expression": "has(request.dryRun) && request.dryRun",
                    "reason": "Forbidden",
                    "message": "hilda only rehearses: send this write with dryRun=All, or let the executor make it",
                }
            ],
        },
    }
    yield {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "hilda-rehearses-only"},
        "spec": {"policyName": "hilda-rehearses-only", "validationActions": ["Deny"]},
    }


def audit_policy() -> dict[str, Any]:
    """Writes by people and by Hilda with what they sent; nothing of the cluster's own housekeeping."""
    quiet = [user for user in ADMINS if user not in ("admin", "deploy-bot")]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "verbs": _READ},
            {"level": "None", "users": [*quiet, "system:apiserver"]},
            {"level": "Metadata", "users": ["admin", "deploy-bot"]},
            {"level": "Request"},
        ],
    }


def _groups(user: str) -> str:
    return "system:masters" if user in ADMINS else "practice"


def _role(name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def _binding(role: str, users: list[str]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": role},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user} for user in users],
    }


def _every_write() -> dict[str, Any]:
    return {
        "apiGroups": ["", "apps", "batch", "autoscaling"],
        "apiVersions": ["*"],
        "resources": ["*/*"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
    }

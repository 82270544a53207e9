"""Names of things in a cluster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One Kubernetes object.

    `cluster` is the uid of its kube-system namespace; `namespace` is "" for cluster-wide kinds.
    """

    cluster: str
    namespace: str
    kind: str
    """As in the object's own `kind` field: `Deployment`, `ConfigMap`, ..."""
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"

    def as_json(self) -> dict[str, str]:
        return {"cluster": self.cluster, "namespace": self.namespace, "kind": self.kind, "name": self.name}


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a look reaches: one cluster, and some of its namespaces or (None) all that may be read."""

    context: str | None = None
    """The kubeconfig context; None is the current one."""
    namespaces: tuple[str, ...] | None = None

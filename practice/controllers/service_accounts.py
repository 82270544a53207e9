"""Every living namespace has the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`."""

from practice.api import ApiError, Json
from practice.controllers.cluster import Cluster
from practice.controllers.kinds import CONFIG_MAP, NAMESPACE, SERVICE_ACCOUNT
from practice.controllers.objects import Objects
from practice.controllers.work import Work

_ROOT = "kube-root-ca.crt"
_DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


class ServiceAccounts:
    def __init__(self, cluster: Cluster) -> None:
        self._namespaces = cluster.objects(NAMESPACE)
        self._accounts = cluster.objects(SERVICE_ACCOUNT)
        self._settings = cluster.objects(CONFIG_MAP)
        self._authority = cluster.api.authority
        self._work: Work[str] = Work("service accounts", self._sync)
        self._namespaces.listen(self._namespace_changed)
        for objects in (self._accounts, self._settings):
            objects.listen(self._thing_changed)

    async def run(self) -> None:
        await self._work.run()

    def _namespace_changed(self, _: Json | None, after: Json | None) -> None:
        if after:
            self._work.add(after["metadata"]["name"])

    def _thing_changed(self, before: Json | None, after: Json | None) -> None:
        item = after or before
        assert item
        if item["metadata"]["name"] in ("default", _ROOT) and before:
            self._work.add(item["metadata"]["namespace"])

    async def _sync(self, name: str) -> None:
        namespace = self._namespaces.get("", name)
        if not namespace or namespace["metadata"].get("deletionTimestamp"):
            return
        if not self._accounts.get(name, "default"):
            await _make(self._accounts, {"metadata": {"name": "default", "namespace": name}})
        data = {"ca.crt": self._authority}
        settings = self._settings.get(name, _ROOT)
        notes = {"kubernetes.io/description": _DESCRIPTION}
        if not settings:
            meta = {"name": _ROOT, "namespace": name, "annotations": notes}
            await _make(self._settings, {"metadata": meta, "data": data})
        elif settings.get("data") != data:
            await self._settings.replace({**settings, "data": data})


async def _make(objects: Objects, item: Json) -> None:
    try:
        await objects.create(item)
    except ApiError as error:
        # There already, or the namespace is being deleted.
        if error.status not in (403, 404, 409):
            raise

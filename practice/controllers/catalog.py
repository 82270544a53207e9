"""All controllers of the practice cluster."""

from collections.abc import Callable
from typing import Protocol

from practice.controllers.autoscaling.controller import Autoscalers
from practice.controllers.budgets import Budgets
from practice.controllers.cluster import Cluster
from practice.controllers.daemon_sets import DaemonSets
from practice.controllers.deployments.controller import Deployments
from practice.controllers.endpoints.controller import ServiceEndpoints
from practice.controllers.garbage import Garbage
from practice.controllers.jobs import Jobs
from practice.controllers.namespaces import Namespaces
from practice.controllers.nodes import Nodes
from practice.controllers.replica_sets import ReplicaSets
from practice.controllers.scheduling.scheduler import Scheduler
from practice.controllers.service_accounts import ServiceAccounts
from practice.controllers.stateful_sets import StatefulSets
from practice.controllers.taint_eviction import TaintEviction
from practice.controllers.volumes.binder import VolumeBinder
from practice.controllers.volumes.protection import VolumeProtection


class Controller(Protocol):
    """Made before anything is known about the cluster; runs when everything is."""

    async def run(self) -> None: ...


CONTROLLERS: tuple[Callable[[Cluster], Controller], ...] = (
    ServiceAccounts,
    Namespaces,
    Nodes,
    TaintEviction,
    Scheduler,
    ReplicaSets,
    Deployments,
    ServiceEndpoints,
    Garbage,
    Autoscalers,
    VolumeBinder,
    VolumeProtection,
    StatefulSets,
    DaemonSets,
    Jobs,
    Budgets,
)

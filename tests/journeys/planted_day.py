"""A day of metrics with facts planted in it, all names and numbers drawn from a seed, and decoys that look alike."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.tools.prometheus.worlds import World, raised, steady

GIB = 2.0**30
_STEMS = ("orders", "ledger", "search", "mails", "carts", "quotes", "stock", "tours")


class Today(World):
    """The last fifty hours up to now, a value every two minutes."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._now = now
        super().__init__(seed, hours=50, scrape=120)
        self.moments = [now - timedelta(seconds=120 * i) for i in range(50 * 30, -1, -1)]

    def minute(self, at: datetime) -> float:
        return (at - self._now).total_seconds() / 60


@dataclass
class PlantedDay:
    """What is planted, for a test to look for; `world` has the series."""

    seed: int
    now: datetime
    world: World = field(init=False)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What a report has to say, by fact."""
    decoys: list[str] = field(default_factory=list)
    """Names that it has no reason to say."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.world = Today(self.seed, self.now)
        self.spaces = [f"{stem}-{self.chance.choice(('prod', 'live', 'eu'))}" for stem in self._draw(3)]
        for plant in (
            self.volume,
            self.quota,
            self.certificate,
            self.restarts,
            self.old_api,
            self.budget,
            self.bad_night,
        ):
            plant()

    def volume(self) -> None:
        """One that fills at a steady pace, one that wobbles, one that is large and still."""
        space, name = self.spaces[0], f"data-{self._name()}-0"
        left_hours, size = self.chance.uniform(30, 90), self.chance.choice((10, 50, 200)) * GIB
        per_minute = (1 - (level := self.chance.uniform(0.75, 0.88))) / (left_hours * 60)
        self._volume(space, name, size, lambda minute: level + per_minute * minute)
        self.words["volume"] = (f"Volume {name} in {space} is full in about",)
        wobbling, still = f"cache-{self._name()}-0", f"archive-{self._name()}-0"
        self._volume(space, wobbling, size, lambda minute: 0.55 + 0.15 * math.sin(minute / 60))
        self._volume(space, still, size, steady(0.8))
        self.decoys += [wobbling, still]

    def quota(self) -> None:
        space, resource = self.spaces[1], self.chance.choice(("requests.memory", "limits.memory"))
        level, hard = self.chance.uniform(0.8, 0.9), 64 * GIB
        rise = (0.97 - level) / (3 * 24 * 60)
        self._quota(space, resource, hard, lambda minute: level + rise * minute)
        self._quota(self.spaces[2], resource, hard, steady(0.5))
        self.words["quota"] = (f"The quota of {resource} in {space}",)

    def certificate(self) -> None:
        space, name, far = self.spaces[2], f"{self._name()}-tls", f"{self._name()}-tls"
        days = self.chance.randint(4, 11)
        for which, left in ((name, days), (far, 70)):
            expires = (self.now + timedelta(days=left, hours=1)).timestamp()
            labels = {"exported_namespace": space, "name": which}
            metric = "certmanager_certificate_expiration_timestamp_seconds"
            lines = self.world.family(metric, "gauge")
            inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
            lines += [f"{metric}{{{inner}}} {expires:.0f} {at.timestamp():.0f}" for at in self.world.moments]
        self.words["certificate"] = (f"The certificate {name} in {space} expires in about {days} days",)
        self.decoys.append(far)

    def restarts(self) -> None:
        space, worse, same = self.spaces[0], self._name(), self._name()
        times = self.chance.randint(6, 14)
        self._restarts(space, worse, lambda minute: 2 + times * max(0.0, 1 + minute / 1400))
        self._restarts(space, same, lambda minute: 40 + minute / 360)
        self.words["restarts"] = (f"{worse} in {space} restarts more and more",)
        self.decoys.append(same)

    def old_api(self) -> None:
        resource = self.chance.choice(("poddisruptionbudgets", "cronjobs", "ingresses"))
        labels = {"group": "old.example", "version": "v1beta1", "resource": resource, "removed_release": "1.99"}
        self.world.gauge("apiserver_requested_deprecated_apis", labels, steady(1), noise=0)
        self.words["old api"] = (f"old.example/v1beta1 {resource} is still called", "1.99")

    def budget(self) -> None:
        slo, left = f"{self._name()}-availability", self.chance.uniform(0.04, 0.2)
        labels = {"sloth_service": self._name(), "sloth_slo": slo, "sloth_id": slo}
        name = "slo:period_error_budget_remaining:ratio"
        self.world.gauge(name, labels, lambda minute: left + 0.3 * max(0.0, -minute / 1440), noise=0)
        self.words["budget"] = (f"{slo}: {100 * left:.0f} % left, 30 points of it went today",)

    def bad_night(self) -> None:
        """Twenty-odd minutes of errors some hours ago, over long since."""
        space, service = self.spaces[1], self._name()
        began, lasted = -self.chance.randint(300, 900), self.chance.randint(24, 40)
        bad = raised(0.001, 0.4, since=began, until=began + lasted)
        for pod in self.world.pods(service):
            labels = {"namespace": space, "service": service, "pod": pod}
            shares = {"200": lambda minute: 1 - bad(minute), "500": bad}
            rate = steady(self.chance.uniform(4, 20))
            self.world.histogram("http_request_duration_seconds", labels, rate, steady(0.05), statuses=shares)
        self.words["bad night"] = (service, "and is back to normal")

    def _volume(self, space: str, name: str, size: float, share: Callable[[float], float]) -> None:
        labels = {"namespace": space, "persistentvolumeclaim": name}
        self.world.gauge("kubelet_volume_stats_used_bytes", labels, lambda m: size * share(m), noise=0.002)
        self.world.gauge("kubelet_volume_stats_capacity_bytes", labels, steady(size), noise=0)

    def _quota(self, space: str, resource: str, hard: float, share: Callable[[float], float]) -> None:
        labels = {"namespace": space, "resourcequota": "compute", "resource": resource}
        self.world.gauge("kube_resourcequota", {**labels, "type": "used"}, lambda m: hard * share(m), noise=0.001)
        self.world.gauge("kube_resourcequota", {**labels, "type": "hard"}, steady(hard), noise=0)

    def _restarts(self, space: str, workload: str, total: Callable[[float], float]) -> None:
        (pod,) = self.world.pods(workload, 1)
        labels = {"namespace": space, "pod": pod, "container": workload}
        lines = self.world.family("kube_pod_container_status_restarts", "counter")
        inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
        metric = "kube_pod_container_status_restarts_total"
        for at in self.world.moments:
            lines.append(f"{metric}{{{inner}}} {math.floor(total(self.world.minute(at)))} {at.timestamp():.0f}")

    def _name(self) -> str:
        return self._draw(1)[0] + "".join(self.chance.choices("bdfgklmnprstvw", k=3))

    def _draw(self, count: int) -> list[str]:
        return self.chance.sample(_STEMS, count)

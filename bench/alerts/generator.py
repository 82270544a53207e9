"""Sends a burst of alerts as Alertmanager would, and says what became of it; knows nothing of whom it sends to.

    python generator.py --url http://… [--url http://…] [--alerts 10000] [--rate 2000] [--seed 1] [--namespace shop …]

The names are those of kube-prometheus (https://github.com/prometheus-operator/kube-prometheus), grouped by namespace as
its Alertmanager groups them. A group grows in waves; each notification holds up to fifty of its alerts. One in ten is
sent twice, as after a lost answer, and one alert in twenty ends within the burst. A notification that is not answered
with 2xx is sent again, to the next address, with Alertmanager's patience. Alertmanager sends each group's notifications
one after the other, and so does this.

The last line is JSON: alerts sent, seconds, 2xx latencies in ms, retries, and a file with every alert that was
acknowledged, one per line: fingerprint, start, whether it ended.
"""

import argparse
import asyncio
import hashlib
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

NAMES = (
    "AlertmanagerClusterDown AlertmanagerConfigInconsistent AlertmanagerFailedReload "
    "AlertmanagerFailedToSendAlerts AlertmanagerMembersInconsistent ConfigReloaderSidecarErrors CPUThrottlingHigh "
    "KubeAggregatedAPIDown KubeAggregatedAPIErrors KubeAPIDown KubeAPIErrorBudgetBurn KubeAPITerminatedRequests "
    "KubeClientCertificateExpiration KubeClientErrors KubeContainerWaiting KubeControllerManagerDown "
    "KubeCPUOvercommit KubeCPUQuotaOvercommit KubeDaemonSetMisScheduled KubeDaemonSetNotScheduled "
    "KubeDaemonSetRolloutStuck KubeDeploymentGenerationMismatch KubeDeploymentReplicasMismatch "
    "KubeDeploymentRolloutStuck KubeHpaMaxedOut KubeHpaReplicasMismatch KubeJobFailed KubeJobNotCompleted "
    "KubeletClientCertificateExpiration KubeletClientCertificateRenewalErrors KubeletDown KubeletPlegDurationHigh "
    "KubeletPodStartUpLatencyHigh KubeletServerCertificateExpiration KubeletTooManyPods KubeMemoryOvercommit "
    "KubeMemoryQuotaOvercommit KubeNodeNotReady KubeNodeReadinessFlapping KubeNodeUnreachable "
    "KubePersistentVolumeErrors KubePersistentVolumeFillingUp KubePersistentVolumeInodesFillingUp "
    "KubePodCrashLooping KubePodNotReady KubeProxyDown KubeQuotaAlmostFull KubeQuotaExceeded KubeQuotaFullyUsed "
    "KubeSchedulerDown KubeStateMetricsListErrors KubeStateMetricsShardingMismatch KubeStateMetricsWatchErrors "
    "KubeStatefulSetGenerationMismatch KubeStatefulSetReplicasMismatch KubeStatefulSetUpdateNotRolledOut "
    "KubeVersionMismatch NodeClockNotSynchronising NodeClockSkewDetected NodeCPUHighUsage NodeDiskIOSaturation "
    "NodeFileDescriptorLimit NodeFilesystemAlmostOutOfFiles NodeFilesystemAlmostOutOfSpace "
    "NodeFilesystemFilesFillingUp NodeFilesystemSpaceFillingUp NodeHighNumberConntrackEntriesUsed "
    "NodeMemoryHighUtilization NodeMemoryMajorPagesFaults NodeNetworkInterfaceFlapping NodeNetworkReceiveErrs "
    "NodeNetworkTransmitErrs NodeRAIDDegraded NodeRAIDDiskFailure NodeSystemdServiceFailed NodeSystemSaturation "
    "NodeTextFileCollectorScrapeError PrometheusBadConfig PrometheusDuplicateTimestamps "
    "PrometheusErrorSendingAlertsToAnyAlertmanager PrometheusMissingRuleEvaluations "
    "PrometheusNotConnectedToAlertmanagers PrometheusNotIngestingSamples PrometheusNotificationQueueRunningFull "
    "PrometheusOperatorListErrors PrometheusOperatorReconcileErrors PrometheusOperatorWatchErrors "
    "PrometheusOutOfOrderTimestamps PrometheusRemoteStorageFailures PrometheusRemoteWriteBehind "
    "PrometheusRuleFailures PrometheusTargetSyncFailure PrometheusTSDBCompactionsFailing "
    "PrometheusTSDBReloadsFailing TargetDown"
).split()
CRITICAL = ("Down", "Errors", "Failed", "Unreachable", "BudgetBurn", "FullyUsed")
NAMESPACES = 40
PER_NOTIFICATION = 50
TWICE = 0.1
ENDS = 0.05
AT_ONCE = 16
PATIENCE_SECONDS = 60.0


@dataclass
class Notification:
    namespace: str
    alerts: list[dict[str, object]]

    def body(self) -> bytes:
        return json.dumps(
            {
                "version": "4",
                "groupKey": f'{{}}:{{namespace="{self.namespace}"}}',
                "truncatedAlerts": 0,
                "status": "firing",
                "receiver": "hilda",
                "groupLabels": {"namespace": self.namespace},
                "commonLabels": {"namespace": self.namespace, "prometheus": "monitoring/k8s"},
                "commonAnnotations": {},
                "externalURL": "http://alertmanager-main.monitoring:9093",
                "alerts": self.alerts,
            }
        ).encode()


@dataclass
class Result:
    latencies: list[float] = field(default_factory=list)
    retries: int = 0
    given_up: int = 0
    acknowledged: dict[tuple[str, str], bool] = field(default_factory=dict)


def notifications(count: int, seed: int, namespaces: list[str]) -> dict[str, list[Notification]]:
    """By namespace, in the order in which they are sent; `count` different alerts in all."""
    luck = random.Random(seed)
    spaces = namespaces + [f"team-{n:02}" for n in range(NAMESPACES - len(namespaces))]
    now = datetime.now(UTC)
    groups: dict[str, list[dict[str, object]]] = {space: [] for space in spaces}
    for number in range(count):
        space = spaces[number % len(spaces)]
        groups[space].append(_alert(number, space, luck, now))
    sent: dict[str, list[Notification]] = {}
    for space, alerts in groups.items():
        sent[space] = []
        for first in range(0, len(alerts), PER_NOTIFICATION):
            wave = Notification(space, alerts[first : first + PER_NOTIFICATION])
            over = [_ended(alert, now) for alert in wave.alerts if luck.random() < ENDS]
            sent[space] += [
                wave,
                *([wave] if luck.random() < TWICE else []),
                *([Notification(space, over)] if over else []),
            ]
    return sent


def _alert(number: int, namespace: str, luck: random.Random, now: datetime) -> dict[str, object]:
    name = NAMES[number // NAMESPACES % len(NAMES)]
    pod = f"app-{number % 97:02}-{number:05}-{luck.randrange(16**5):05x}"
    labels = {
        "alertname": name,
        "namespace": namespace,
        "pod": pod,
        "container": "app",
        "job": "kube-state-metrics",
        "instance": f"10.0.{number // 250 % 250}.{number % 250}:8443",
        "prometheus": "monitoring/k8s",
        "severity": "critical" if name.endswith(CRITICAL) else "warning",
    }
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {
            "summary": f"{name} for {pod}.",
            "description": f"Pod {namespace}/{pod} (app) has a problem that has lasted longer than 15 minutes.",
            "runbook_url": f"https://runbooks.prometheus-operator.dev/runbooks/kubernetes/{name.lower()}",
        },
        "startsAt": _at(now - timedelta(seconds=luck.randrange(60, 1200))),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus-k8s.monitoring:9090/graph?g0.expr=up",
        "fingerprint": hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16],
    }


def _ended(alert: dict[str, object], now: datetime) -> dict[str, object]:
    return alert | {"status": "resolved", "endsAt": _at(now)}


def _at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


class Line:
    """One connection, to one address after the other."""

    def __init__(self, urls: list[str], start: int, headers: str) -> None:
        self._urls, self._next, self._headers = urls, start, headers
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> int:
        """The status; 0 where there was no answer."""
        url = urlsplit(self._urls[self._next % len(self._urls)])
        try:
            async with asyncio.timeout(10):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(url.hostname, url.port)
                reader, writer = self._streams
                head = (
                    f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
                    f"{self._headers}Content-Length: {len(body)}\r\n\r\n"
                )
                writer.write(head.encode() + body)
                await writer.drain()
                answer = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in answer.splitlines()
                    if line.lower().startswith(b"content-length")
                )
                await reader.readexactly(length)
                return int(answer.split(b" ", 2)[1])
        except (OSError, TimeoutError, asyncio.IncompleteReadError, StopIteration):
            return 0

    def move_on(self) -> None:
        self._next += 1
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def send(
    urls: list[str], groups: dict[str, list[Notification]], rate: float, headers: str
) -> tuple[Result, float]:
    """Each group in its order, sixteen at once; `rate`: alerts a second at most, 0 for as many as are taken."""
    result, began = Result(), time.perf_counter()
    waiting = list(groups.values())
    due = 0.0

    async def one_after_the_other(number: int) -> None:
        nonlocal due
        line = Line(urls, number, headers)
        while waiting:
            for notification in waiting.pop(0):
                if rate:
                    mine = due
                    due += len(notification.alerts) / rate
                    await asyncio.sleep(max(0.0, began + mine - time.perf_counter()))
                await _deliver(line, notification, result)

    await asyncio.gather(*(one_after_the_other(number) for number in range(AT_ONCE)))
    return result, time.perf_counter() - began


async def _deliver(line: Line, notification: Notification, result: Result) -> None:
    body, pause, until = notification.body(), 0.1, time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < until:
        began = time.perf_counter()
        status = await line.post(body)
        if 200 <= status < 300:
            result.latencies.append(1000 * (time.perf_counter() - began))
            for alert in notification.alerts:
                key = (str(alert["fingerprint"]), str(alert["startsAt"]))
                result.acknowledged[key] = result.acknowledged.get(key, False) or alert["status"] == "resolved"
            return
        result.retries += 1
        line.move_on()
        await asyncio.sleep(pause)
        pause = min(2 * pause, 5.0)
    result.given_up += 1


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", action="append", required=True)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--namespace", action="append", default=[], help="one that exists, to be among the forty")
    parser.add_argument("--token", default="")
    parser.add_argument("--acknowledged", default="", help="a file for what was acknowledged")
    given = parser.parse_args()
    groups = notifications(given.alerts, given.seed, given.namespace)
    headers = f"Authorization: Bearer {given.token}\r\n" if given.token else ""
    print("ready", flush=True)
    result, seconds = asyncio.run(send(given.url, groups, given.rate, headers))
    if given.acknowledged:
        lines = (f"{print_} {start} {int(over)}\n" for (print_, start), over in result.acknowledged.items())
        Path(given.acknowledged).write_text("".join(lines))
    figures = {
        "alerts": len(result.acknowledged),
        "alerts told, repeats and ends included": sum(len(n.alerts) for all_ in groups.values() for n in all_),
        "notifications": len(result.latencies),
        "seconds": round(seconds, 2),
        "alerts a second": round(len(result.acknowledged) / seconds),
        "2xx p50, ms": round(percentile(result.latencies, 0.5), 1),
        "2xx p99, ms": round(percentile(result.latencies, 0.99), 1),
        "retries": result.retries,
        "given up": result.given_up,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

"""The gallery: cards that show every part, every tone and every trouble, drawn by each door against golden files."""

import math
from datetime import UTC, datetime, timedelta

from domain.cards import (
    Card,
    Chart,
    Checklist,
    ChecklistItem,
    Choice,
    Choices,
    ClusterLabel,
    Code,
    Facts,
    Form,
    FormField,
    Links,
    Progress,
    Series,
    Sources,
    Table,
    Text,
    card,
)
from domain.evidence import observed
from domain.look import Window
from domain.objects import ObjectRef
from domain.risk import Risk
from tests.gallery.a_day import REPORT, REPORT_DETAILS, REPORT_QUIET
from tests.gallery.incidents import INCIDENT, INCIDENT_END, INCIDENT_OVER

NOW = datetime(2026, 3, 12, 14, 10, tzinfo=UTC)
CLUSTER = "5b0f6f0e-8f3e-4c39-9b1c-2f4f0f6f1d11"
PRACTICE = ClusterLabel("practice-7", "practice", practice_identity="oncall")
STAGING = ClusterLabel("eu-staging-2", "staging")
PRODUCTION = ClusterLabel("eu-prod-1", "production", production=True)
CHECKOUT = ObjectRef(CLUSTER, "shop", "Deployment", "checkout")

_PODS = observed(
    "kubernetes",
    "GET /api/v1/namespaces/shop/pods",
    "3 of 3 new pods of Deployment shop/checkout wait with ImagePullBackOff",
    sample='checkout-6d9f-x2x4p  0/1  ImagePullBackOff  "manifest for shop/checkout:2.4.1-rc not found"',
    check="kubectl --context eu-staging-2 -n shop get pods -l app=checkout",
    objects=(CHECKOUT,),
)
_ROLLOUT = observed(
    "kubernetes",
    "GET /apis/apps/v1/namespaces/shop/replicasets",
    "Revision 7 changed the image from shop/checkout:2.4.0 to shop/checkout:2.4.1-rc at 14:02",
    check="kubectl --context eu-staging-2 -n shop rollout history deployment/checkout --revision=7",
    objects=(CHECKOUT,),
)
_LOGS = observed(
    "logs",
    "shop/checkout last 20 lines",
    "The container ended with exit code 1 right after it read its settings",
    sample="14:02:11 INFO  starting checkout 2.4.0\n14:02:11 ERROR settings: key PAYMENT_URL is not set\n14:02:11 bye",
    check="kubectl --context eu-staging-2 -n shop logs deployment/checkout --previous --tail=20",
    window=Window(NOW - timedelta(minutes=10), NOW),
    trust="untrusted",
)
_LATENCY = observed(
    "prometheus",
    'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{service="api"}[2m])))',
    "p95 latency of api rose from 120 ms to 570 ms at 14:00",
    check="promtool query instant http://prometheus:9090 'histogram_quantile(0.95, ...)'",
    window=Window(NOW - timedelta(minutes=20), NOW),
    link="https://grafana.example.com/d/api?from=now-1h",
)


def _course(minutes: int, step: float, before: float, after: float, noise: float) -> tuple[tuple[datetime, float], ...]:
    start = NOW - timedelta(minutes=minutes)
    half = minutes / 2
    return tuple(
        (start + timedelta(minutes=m), (before if m < half else after) + noise * math.sin(m * 2.1))
        for m in (n * step for n in range(int(minutes / step) + 1))
    )


ANSWER = card(
    "Deployment shop/checkout cannot start: its new image does not exist",
    Text(
        "The rollout of **revision 7** waits for `shop/checkout:2.4.1-rc`, which the registry does not have [1]. "
        "It began right after that image was set [2]. The three pods of revision 6 still serve."
    ),
    Facts(
        (
            ("Cause", "image-pull: manifest for shop/checkout:2.4.1-rc not found"),
            ("Impact", "no new pod starts; 3 old pods serve"),
            ("Since", "14:02, 8 min ago"),
            ("Status", "ongoing"),
            ("Confidence", "high, 0.95"),
        )
    ),
    Sources((_PODS, _ROLLOUT)),
    Choices(
        (
            Choice("Next: what to do about it", "next_level", "i-41", style="primary"),
            Choice("Evidence", "evidence", "i-41"),
            Choice("Show me the logs of checkout", "ask", "logs of checkout"),
            Choice("What changed?", "ask", "what changed?"),
        )
    ),
    tone="bad",
    cluster=STAGING,
)

LATENCY = card(
    "api is slow: every connection of its database pool is in use",
    Text(
        "p95 latency went **from 120 ms to 570 ms at 14:00**, and the pool is full since then [1]. Its pods are fine."
    ),
    Chart("p95 latency of api", "s", (Series("", _course(20, 0.5, 0.12, 0.57, 0.02)),), NOW - timedelta(minutes=10)),
    Facts((("Fix", "pool size 10 → 50, as it was before 13:58"), ("Confidence", "high, 0.9"))),
    Sources((_LATENCY,)),
    tone="bad",
    cluster=PRODUCTION,
)

HEALTHY = card(
    "Nothing wrong that I can see",
    Text("All 14 workloads in **shop** and **billing** are as they should be. Here is what I looked at:"),
    Table(
        ("LOOKED AT", "READ", "FOUND"),
        (
            ("Pods, last 24 h of restarts", "41", "all ready"),
            ("Rollouts", "14", "all finished"),
            ("Nodes", "6", "all ready"),
        ),
    ),
    Text(
        "I could not read *Secrets* and did not need to. Prometheus is not configured, so I know nothing about latency."
    ),
    tone="good",
    cluster=STAGING,
)

CHECKLIST = card(
    "How to mend checkout",
    Text("From the runbook *Roll back a rollout whose image cannot be pulled*."),
    Checklist(
        (
            ChecklistItem(
                "who", "Tell the team that checkout is being rolled back", "nobody fights the rollback", done=True
            ),
            ChecklistItem(
                "undo",
                "Roll Deployment shop/checkout back to revision 6",
                "revision 6 ran for 9 days with this configuration",
                "the rollout finishes and 3 of 3 pods are ready",
            ),
            ChecklistItem("image", "Build or correct the tag 2.4.1-rc", "the next deploy would fail the same way"),
        )
    ),
    Choices(
        (
            Choice("Next: the exact commands", "next_level", "i-41", style="primary"),
            Choice("Undo tick 1", "tick", "who"),
            Choice("Done: 2", "tick", "undo"),
            Choice("Done: 3", "tick", "image"),
        )
    ),
    tone="warning",
    cluster=PRACTICE,
)

COMMANDS = card(
    "The commands, checked against the cluster just now",
    Code(
        "kubectl --context eu-staging-2 -n shop rollout undo deployment/checkout --to-revision=6",
        "sh",
        "1. Roll back to revision 6",
        Risk.medium,
    ),
    Code(
        "-        image: shop/checkout:2.4.1-rc\n+        image: shop/checkout:2.4.0\n",
        "diff",
        "Effect, by a dry run on the server",
    ),
    Code(
        "kubectl --context eu-staging-2 -n shop rollout status deployment/checkout --timeout=120s",
        "sh",
        "Verify",
        Risk.read,
    ),
    Code(
        "kubectl --context eu-staging-2 -n shop delete namespace shop",
        "sh",
        "Not for me to run; copy it if you must",
        Risk.forbidden,
    ),
    Choices((Choice("Next: one reviewed script", "next_level", "i-41", style="primary"),)),
    tone="warning",
    cluster=STAGING,
)

_RUN = """#!/usr/bin/env bash
set -euo pipefail

echo "step 1: roll checkout back to revision 6"
kubectl -n shop rollout undo deployment/checkout --to-revision=6
echo "step 2: wait for it"
kubectl -n shop rollout status deployment/checkout --timeout=120s
"""

PROPOSAL = card(
    "Approve? Roll checkout back to revision 6",
    Facts(
        (
            ("Requested by", "oncall"),
            ("Needs", "1 approval, by another person"),
            ("Risk", "medium: touches a running workload, reversible"),
            ("May change", "patch deployments shop/checkout"),
            ("Expires", "14:40, in 30 min"),
            ("Digest", "3f9ac2d1 7b60"),
        )
    ),
    Code(_RUN, "bash", "Run", Risk.medium),
    Code("kubectl -n shop rollout status deployment/checkout --timeout=120s\n", "bash", "Verify", Risk.read),
    Code("kubectl -n shop rollout undo deployment/checkout --to-revision=7\n", "bash", "Undo", Risk.medium),
    Choices(
        (
            Choice("Approve and run", "approve", "p-77", "3f9ac2d1", "primary"),
            Choice("Reject", "reject", "p-77", "3f9ac2d1", "danger"),
            Choice("Edit", "edit", "p-77", "3f9ac2d1"),
        )
    ),
    tone="question",
    cluster=ClusterLabel("eu-prod-1", "payments", production=True, practice_identity="lead"),
)

RUNNING = card(
    "Running: roll checkout back to revision 6",
    Progress(
        (
            ("Approved by lead, 14:11:02", "done"),
            ("Checked again: nothing has changed since", "done"),
            ("Step 1: roll checkout back to revision 6", "running"),
            ("Verify: rollout status", "waiting"),
            ("Tell the incident", "waiting"),
        )
    ),
    cluster=PRACTICE,
)

OUTCOME = card(
    "Done and verified: checkout runs revision 6",
    Facts(
        (("Took", "14 s"), ("Verified", "3 of 3 pods ready, p95 latency 118 ms (bound: < 200 ms)"), ("Exit code", "0"))
    ),
    Code('deployment.apps/checkout rolled back\ndeployment "checkout" successfully rolled out\n', "text", "Output"),
    Choices((Choice("Undo that", "undo", "p-77", style="danger"),)),
    tone="good",
    cluster=PRACTICE,
)

UNKNOWN = card(
    "I do not know whether the script ran to its end",
    Text(
        "The executor stopped answering at 14:12:31, after it had begun. **Nothing runs again by itself.** "
        "What I can read now: Deployment shop/checkout is at revision 8 with 1 of 3 pods ready."
    ),
    Progress((("Step 1: roll back", "done"), ("Step 2: wait for it", "failed"))),
    Choices((Choice("Look again", "ask", "status of checkout"), Choice("Undo that", "undo", "p-77", style="danger"))),
    tone="warning",
    cluster=PRODUCTION,
)

REFUSED = card(
    "You may not approve what you asked for",
    Text("Risk *medium* needs **another person** with the role operator. Nothing was changed; the audit has it."),
    tone="bad",
    cluster=PRACTICE,
)

CPU = card(
    "CPU of all services in shop, last hour",
    Table(
        ("SERVICE", "NOW", "BEFORE", "LIMIT", "PODS"),
        (
            ("checkout", "0.57 cores", "0.12 cores", "1 core", "3"),
            ("cart", "0.21 cores", "0.20 cores", "500m", "2"),
            ("a-service-with-a-very-long-name-that-somebody-chose-in-2019", "0.02 cores", "0.02 cores", "none", "1"),
        ),
        "Mean over 5 minutes",
    ),
    Chart(
        "CPU",
        "cores",
        (
            Series("checkout", _course(60, 1, 0.12, 0.57, 0.02)),
            Series("cart", _course(60, 1, 0.2, 0.21, 0.01)),
            Series("a-service-with-a-very-long-name-that-somebody-chose-in-2019", _course(20, 1, 0.02, 0.02, 0.005)),
            Series("idle", ()),
        ),
        NOW - timedelta(minutes=30),
    ),
    cluster=STAGING,
)

LONG = card(
    "A title that somebody let grow until it could not possibly fit on one line of anybody's terminal, however wide "
    * 2,
    Text(
        "# What happened\n\n" + "The quick brown operator rolls back over the lazy deployment. " * 12 + "\n\n"
        "1. first, with `code`\n2. second, which is long enough to be folded in a narrow window, and then some more\n"
        "   - nested\n   - [a link](https://example.com/a/very/long/path/that/goes/on?and=on&and=on)\n\n"
        "> a quote\n\n```\nexact   spacing\n```\n\na_word_without_any_blank_" + "x" * 150
    ),
    Facts((("A very long name of a fact, longer than half of a narrow window", "v" * 130), ("Short", "two\nlines"))),
    Code("kubectl annotate deployment/checkout note='" + "long " * 60 + "'", "sh", "One line, never folded"),
    Links((("Dashboard", "https://grafana.example.com/d/" + "x" * 120),)),
    cluster=ClusterLabel(
        "arn:aws:eks:eu-central-1:123456789012:cluster/a-cluster-name-as-amazon-makes-them", "production", True
    ),
)

HOSTILE = card(
    "Logs of \x1b[31mevil\x1b[0m [bold]pod[/bold] :warning:",
    Text(
        "[link=https://evil.example]click[/link] <script>alert(1)</script>\n\n[error]: refused\n\n"
        "\x1b]0;title\x07 and \x1b[2J"
    ),
    Facts((("user\u202egnp.exe", "a\u200bb\x00c\rd"), ("[red]name[/red]", "<b>|pipe|</b>"))),
    Table(("A|B", "`c`"), (("x\ny", "| --- |"), ("\x1b[5mblink", "```"))),
    Code("echo safe # \u202e }dellatsni si ti{ \u2066\nrm\u200b -rf /tmp/x", "sh", "[bold]Script[/bold]"),
    Code("```\n````\nstill code\n", "md\n# not a heading", "Fences"),
    Links((("[docs](evil)", "https://ok.example/<x> \x1b[1m"),)),
    Sources(
        (
            observed(
                "logs",
                "q\x1b[0m",
                "[1] says: \x1b[32mall is well",
                sample="\x1b[2J\u202ecleared",
                check="echo \x1b[31m",
                trust="untrusted",
            ),
        )
    ),
    Choices((Choice("[a] Approve\x1b[0m", "ask", "yes"),)),
    tone="warning",
    cluster=ClusterLabel("clu\x1b[0mster", "[red]prod[/red]"),
)

WORLD = card(
    "Café ☕ 注文サービス 👩🏽\u200d🚒 ישראל العربية",
    Text(
        "Emoji 🔥🚨, wide 漢字かな交じり文,"
        " combining e\u0301, Hebrew שלום עולם, العربية, family 👨\u200d👩\u200d👧\u200d👦."
    ),
    Table(("サービス", "状態"), (("チェックアウト", "✅ 正常"), ("カート", "🔥 障害"))),
    Checklist((ChecklistItem("ü", "Prüfe den Dienst „Kasse“", "weil 注文 fehlt"),)),
    cluster=ClusterLabel("東京-1", "staging"),
)

EMPTY = card(
    "Nothing here yet",
    Text(""),
    Facts(()),
    Table((), ()),
    Table(("NAMESPACE", "NAME"), (), "Deployments in shop"),
    Code(""),
    Checklist(()),
    Chart("Traffic", "1/s", ()),
    Chart("Errors", "%", (Series("api", ()),)),
    Chart("One point", "bytes", (Series("api", ((NOW, 2.5 * 1024**3),)),)),
    Links(()),
    Choices(()),
    Form("ask", "", ()),
    Progress(()),
    Sources(()),
)

EDIT = card(
    "Change the command lines; everything else stays",
    Form(
        "edit",
        "p-77",
        (
            FormField(
                "run", "Run", "kubectl -n shop rollout undo deployment/checkout --to-revision=6\n", multiline=True
            ),
            FormField("reason", "Why", required=False),
        ),
        "Check and propose again",
    ),
    tone="question",
    cluster=PRACTICE,
)

GALLERY: dict[str, Card] = {
    "answer": ANSWER,
    "latency": LATENCY,
    "healthy": HEALTHY,
    "checklist": CHECKLIST,
    "commands": COMMANDS,
    "proposal": PROPOSAL,
    "running": RUNNING,
    "outcome": OUTCOME,
    "unknown": UNKNOWN,
    "refused": REFUSED,
    "cpu": CPU,
    "long": LONG,
    "incident": INCIDENT,
    "incident-over": INCIDENT_OVER,
    "incident-end": INCIDENT_END,
    "report": REPORT,
    "report-details": REPORT_DETAILS,
    "report-quiet": REPORT_QUIET,
    "hostile": HOSTILE,
    "world": WORLD,
    "empty": EMPTY,
    "edit": EDIT,
}

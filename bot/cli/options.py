"""Options that several commands share, spelt and explained the same everywhere."""

from enum import StrEnum
from typing import Annotated

import typer


class Output(StrEnum):
    text = "text"
    json = "json"
    markdown = "markdown"


class Plain(StrEnum):
    """For commands whose answer is no card."""

    text = "text"
    json = "json"


class Cluster(StrEnum):
    """What a practice is played on."""

    real = "real"
    small = "small"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to write the answer.")]
PlainOption = Annotated[Plain, typer.Option("--output", "-o", help="How to write the answer.")]
NamespaceOption = Annotated[
    list[str] | None, typer.Option("--namespace", "-n", metavar="NS", help="Look in this namespace; may be repeated.")
]
AllOption = Annotated[bool, typer.Option("--all-namespaces", "-A", help="Look in all namespaces.")]
ContextOption = Annotated[str, typer.Option("--context", metavar="C", help="The kubeconfig context to use.")]
KubeconfigOption = Annotated[str, typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig to use.")]
PrometheusOption = Annotated[str, typer.Option("--prometheus", metavar="URL", help="Where Prometheus answers.")]
ZoneOption = Annotated[str, typer.Option("--zone", metavar="ZONE", help="Show times in this zone, as Europe/Berlin.")]
AsOption = Annotated[str, typer.Option("--as", metavar="NAME", help="Speak as a made-up person; practice only.")]
ClusterOption = Annotated[
    Cluster | None,
    typer.Option("--cluster", help="Kubernetes' own control plane or our small one; real where its programs are."),
]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Draws names and numbers; equal seeds, equal names.")]

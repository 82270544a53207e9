"""`python -m practice.kubelet --kubeconfig FILE --worlds FOLDER ...`: the kubelet's own process."""

import argparse
import asyncio
from pathlib import Path

from practice.api import Api
from practice.kubelet import resource_metrics
from practice.kubelet.kubelet import Kubelet
from practice.kubelet.metrics_routes import routes
from practice.kubelet.node import draw_nodes, keep_ready
from practice.kubelet.server import serve
from practice.until_signalled import run_until_signalled
from practice.worlds import Worlds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m practice.kubelet", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--worlds", type=Path, required=True, help="folder of worlds: images and what they do")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True, help="loopback port to serve logs and metrics on")
    parser.add_argument("--seed", type=int, default=1, help="node names are drawn from it")
    parser.add_argument("--nodes", type=int, default=3)
    chosen = parser.parse_args()
    run_until_signalled(run(chosen))


async def run(chosen: argparse.Namespace) -> None:
    async with Api(chosen.kubeconfig) as api:
        kubelet = Kubelet(api, Worlds(chosen.worlds), draw_nodes(chosen.seed, chosen.nodes))
        more = [
            *routes(kubelet.meters),
            *resource_metrics.routes(kubelet.meters, [node.name for node in kubelet.nodes]),
        ]
        await serve(kubelet.find, port=chosen.port, certificate=chosen.certificate, key=chosen.key, more=more)
        async with asyncio.TaskGroup() as group:
            for node in kubelet.nodes:
                group.create_task(keep_ready(api, node, chosen.port))
            group.create_task(kubelet.follow_pods())
            group.create_task(kubelet.network.follow())


if __name__ == "__main__":
    main()

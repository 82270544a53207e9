"""`python -m practice.controllers --kubeconfig FILE`: the controllers' own process."""

import argparse
import asyncio
from pathlib import Path

from practice.api import Api
from practice.controllers.catalog import CONTROLLERS
from practice.controllers.cluster import Cluster, discover
from practice.until_signalled import run_until_signalled


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m practice.controllers", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    run_until_signalled(run(parser.parse_args().kubeconfig))


async def run(kubeconfig: Path) -> None:
    async with Api(kubeconfig, program="kube-controller-manager") as api:
        cluster = Cluster(api, await discover(api, "list", "watch", "delete"))
        controllers = [make(cluster) for make in CONTROLLERS]
        async with asyncio.TaskGroup() as group:
            group.create_task(cluster.follow())
            await cluster.synced()
            for controller in controllers:
                group.create_task(controller.run(), name=type(controller).__name__)


if __name__ == "__main__":
    main()

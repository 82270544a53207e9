"""`hilda executor`: runs what was approved, in a sandbox."""

import asyncio

from bot.cli.command import command

app = command()


@app.command()
def executor() -> None:
    """Run approved scripts in a sandbox until stopped. One or more per cluster, each with the executor's kubeconfig.

    It reads DATABASE_URL, KUBECONFIG, HILDA_CONTEXT, HILDA_KUBECTL, HILDA_AUDIT_KEY_FILE and HILDA_STATE_DIR, and
    refuses to start where no working sandbox is to be had.
    """
    from hands.executor import run_executor
    from hands.settings import load_settings

    asyncio.run(run_executor(load_settings()))

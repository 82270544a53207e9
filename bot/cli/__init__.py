"""The `hilda` command: one file per subcommand, listed in catalog.py and imported only when it is called.

Never goes in here: what a command does for anybody but the person at this terminal.
"""

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    from bot.cli.main import run

    run()

"""`python -m practice.api_server --port P --certificate C --key K --tokens FILE`: the API server's own process."""

import argparse
from pathlib import Path

from practice import access
from practice.api_server.audit import AuditLog
from practice.api_server.identity import Tokens
from practice.api_server.server import ApiServer
from practice.until_signalled import run_until_signalled


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m practice.api_server", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="loopback port to serve HTTPS on")
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--tokens", type=Path, required=True, help='rows of `token,user,uid,"group"`')
    parser.add_argument("--audit-log", type=Path, help="file that gets a line for each write by people and by Hilda")
    chosen = parser.parse_args()
    try:
        run_until_signalled(run(chosen))
    except OSError as error:
        raise SystemExit(f"The API server cannot start: {error}.") from None


async def run(chosen: argparse.Namespace) -> None:
    audit_log = AuditLog(chosen.audit_log, access.audit_policy()) if chosen.audit_log else None
    server = ApiServer(Tokens(chosen.tokens), audit_log, port=chosen.port)
    await server.run(chosen.certificate, chosen.key)


if __name__ == "__main__":
    main()

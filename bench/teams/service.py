"""The fake Teams as a process of its own, with every place of the talk in it.

    python -m bench.teams.service SEED SINCE SECONDS RATE PORT CERTIFICATE

Says `ready` when it listens, with TLS; on SIGTERM it prints what it saw as one line of JSON: every call of the bot's,
and the ids of its messages that stand at last.
"""

import asyncio
import json
import signal
import ssl
import sys
from dataclasses import astuple
from pathlib import Path

from bench.chats.talk import Load, talk
from bench.teams.microsoft import BEARER
from bench.teams.mix import APP_ID, MIX, TENANT, conversation
from tests.fakes.teams.service import fake_teams


async def main(load: Load, port: int, certificate: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with fake_teams(APP_ID, TENANT, port, tls) as teams:
        teams.expects = BEARER
        teams.known |= {conversation(said) for said in talk(load, MIX)}
        print("ready", flush=True)
        await stop.wait()
        standing = [shown.id for messages in teams.messages.values() for shown in messages]
        print(json.dumps({"calls": [astuple(call) for call in teams.calls], "left": standing}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Load.parse(sys.argv[1:5]), int(sys.argv[5]), Path(sys.argv[6])))

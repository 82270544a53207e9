"""Runs inside the sandbox, as the script's parent: hands what comes to a loopback port on to a unix socket.

Standard library only, since nothing else is there. Arguments: port, socket, and the command to run.

Standard input is a lifeline that the executor holds: the command starts when a byte comes, and everything ends when
it closes. bubblewrap's own --die-with-parent has a moment at the start in which a killed parent goes unnoticed.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

READY = b"\0"


def hand_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def accept_all(listener: socket.socket, path: str) -> None:
    while True:
        inner, _ = listener.accept()
        outer = socket.socket(socket.AF_UNIX)
        outer.connect(path)
        for source, sink in ((inner, outer), (outer, inner)):
            threading.Thread(target=hand_on, args=(source, sink), daemon=True).start()


def end_with_the_executor() -> None:
    while os.read(0, 1):
        pass
    with contextlib.suppress(OSError):
        os.kill(-1, signal.SIGKILL)
    os._exit(137)


def main(port: str, path: str, *command: str) -> int:
    listener = socket.create_server(("127.0.0.1", int(port)))
    threading.Thread(target=accept_all, args=(listener, path), daemon=True).start()
    os.write(1, READY)
    if not os.read(0, 1):
        return 137
    threading.Thread(target=end_with_the_executor, daemon=True).start()
    code = subprocess.call(command, stdin=subprocess.DEVNULL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

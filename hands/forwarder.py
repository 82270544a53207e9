"""Runs inside the sandbox, as the script's parent: hands what comes to a loopback port on to a unix socket.

Standard library only, since nothing else is there. Arguments: port, socket, and the command to run.
"""

import contextlib
import socket
import subprocess
import sys
import threading


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


def main(port: str, path: str, *command: str) -> int:
    listener = socket.create_server(("127.0.0.1", int(port)))
    threading.Thread(target=accept_all, args=(listener, path), daemon=True).start()
    code = subprocess.call(command, stdin=subprocess.DEVNULL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

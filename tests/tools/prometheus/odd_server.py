"""A server on loopback that behaves like the odd things that stand where Prometheus should be."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    fields: dict[str, list[str]]
    headers: dict[str, str]
    query_length: int = 0


@dataclass
class Odd:
    """What to answer, and what was asked."""

    answer: Callable[[Seen], tuple[int, dict[str, str], bytes]]
    seen: list[Seen] = field(default_factory=list)
    delay: float = 0.0
    trickle: bool = False
    url: str = ""


def as_json(value: object, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def success(data: object, **more: object) -> tuple[int, dict[str, str], bytes]:
    return as_json({"status": "success", "data": data, **more})


def vector(*values: object) -> dict[str, object]:
    rows = [{"metric": {"n": str(i)}, "value": [1772634600, value]} for i, value in enumerate(values)]
    return {"resultType": "vector", "result": rows}


@contextmanager
def odd_server(
    answer: Callable[[Seen], tuple[int, dict[str, str], bytes]], tls: ssl.SSLContext | None = None
) -> Iterator[Odd]:
    odd = Odd(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply("")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def _reply(self, body: str) -> None:
            parts = urlsplit(self.path)
            fields = parse_qs(body or parts.query)
            seen = Seen(self.command, parts.path, fields, dict(self.headers), len(parts.query))
            odd.seen.append(seen)
            time.sleep(odd.delay)
            status, headers, content = odd.answer(seen)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if odd.trickle:
                    for i in range(len(content)):
                        self.wfile.write(content[i : i + 1])
                        self.wfile.flush()
                        time.sleep(0.05)
                else:
                    self.wfile.write(content)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    odd.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield odd
    finally:
        server.shutdown()
        server.server_close()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

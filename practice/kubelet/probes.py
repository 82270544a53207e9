"""What a probe of a running program comes back with, in the words a kubelet uses."""

from practice.api import Json
from practice.kubelet.clock import FASTER
from practice.worlds import Program


def probe_fault(probe: Json, container: Json, program: Program, address: str) -> str:
    """Why the probe fails; "" when it succeeds. A program that is running listens on its port."""
    if http := probe.get("httpGet"):
        port = _port(http["port"], container)
        path = str(http.get("path", "/"))
        scheme = str(http.get("scheme", "HTTP")).lower()
        if port != program.port:
            url = f"{scheme}://{address}:{port}{path}"
            return f'Get "{url}": dial tcp {address}:{port}: connect: connection refused'
        return "" if path in program.paths else "HTTP probe failed with statuscode: 404"
    if (tcp := probe.get("tcpSocket")) and _port(tcp["port"], container) != program.port:
        return f"dial tcp {address}:{_port(tcp['port'], container)}: connect: connection refused"
    return ""


def first_after(probe: Json) -> float:
    return max(float(probe.get("initialDelaySeconds", 0)) / FASTER, 0.05)


def period(probe: Json) -> float:
    """Seconds between two probes."""
    return max(float(probe.get("periodSeconds", 10)) / FASTER, 0.2)


def _port(port: int | str, container: Json) -> int:
    if isinstance(port, int):
        return port
    named = {each.get("name"): int(each["containerPort"]) for each in container.get("ports", [])}
    return named.get(port, 0)

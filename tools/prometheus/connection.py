"""From an address and credentials to a metrics source."""

from tools.prometheus.access import Access
from tools.prometheus.server import PrometheusServer
from tools.prometheus.source import MetricsSource


def connect(
    url: str,
    *,
    token: str = "",
    username: str = "",
    password: str = "",
    ca: str = "",
    client_cert: str = "",
    client_key: str = "",
    org_id: str = "",
    seconds: float = 5.0,
) -> MetricsSource:
    """A source for the server at `url`; `Misconfigured` where the address or the certificates cannot be right.

    Nothing is asked yet: the first read tells whether the server is there.
    """
    access = Access.of(
        url,
        token=token,
        username=username,
        password=password,
        ca=ca,
        client_cert=client_cert,
        client_key=client_key,
        org_id=org_id,
    )
    return PrometheusServer(access, seconds=seconds)

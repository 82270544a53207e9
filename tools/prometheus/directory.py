"""Which metrics and labels a server knows, asked through prometheus-api-client.

The client gets a session of ours: a deadline for the whole answer, one short retry instead of three long ones, no
redirects (credentials stay here), no ~/.netrc, and answers judged by the same code as everybody else's.
"""

import time
from typing import Any

import requests
from prometheus_api_client import PrometheusConnect
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from domain.errors import ToolFailed
from tools.prometheus.access import Access
from tools.prometheus.answers import MOST_BYTES, understand
from tools.prometheus.queries import unreachable


class Directory:
    """Blocking: call it in a thread."""

    def __init__(self, access: Access, *, seconds: float) -> None:
        session = _Session(access, seconds)
        retry = Retry(total=1, redirect=0, backoff_factor=0.1, status_forcelist=(502, 503, 504), raise_on_status=False)
        self._client = PrometheusConnect(access.url, session=session, retry=retry, timeout=seconds)

    def names(self) -> frozenset[str]:
        return _strings(self._client.all_metrics())

    def labels(self, selector: str) -> frozenset[str]:
        return _strings(self._client.get_label_names(params={"match[]": selector}))

    def close(self) -> None:
        self._client.close()


class _Session(requests.Session):
    """Ends in time, and turns every odd answer into `ToolFailed`."""

    def __init__(self, access: Access, seconds: float) -> None:
        super().__init__()
        self._url = access.url
        self._seconds = seconds
        self.headers.update(access.headers)
        self.auth = _AsGiven()
        if access.ca:
            self.verify = access.ca
        if access.client_cert:
            self.cert = (access.client_cert, access.client_key) if access.client_key else access.client_cert

    def send(self, request: Any, **options: Any) -> Any:
        asked = f"the question for {request.path_url.split('?')[0].rsplit('/api/v1/', 1)[-1]}"
        deadline = time.monotonic() + self._seconds
        try:
            response = super().send(request, **{**options, "stream": True, "allow_redirects": False})
            body = self._read(response, deadline, asked)
        except requests.exceptions.Timeout as slow:
            raise ToolFailed(
                f"Prometheus at {self._url} gave no answer to {asked} in {self._seconds:g} s. Is it overloaded?"
            ) from slow
        except (requests.exceptions.RequestException, OSError) as broken:
            raise ToolFailed(unreachable(self._url, asked, broken)) from broken
        understand(response.status_code, response.headers, body, url=self._url, asked=asked)
        response._content = body  # read already, so that it could be bounded
        return response

    def _read(self, response: Any, deadline: float, asked: str) -> bytes:
        """The body, as long as it comes in time: the timeout of requests is per packet, not for the whole."""
        body = bytearray()
        with response:
            while piece := response.raw.read1(65536, decode_content=True):
                body += piece
                if len(body) > MOST_BYTES:
                    raise ToolFailed(f"Prometheus at {self._url} answered {asked} with too much. Ask for less.")
                if time.monotonic() > deadline:
                    raise requests.exceptions.ReadTimeout("the answer trickled")
        return bytes(body)


class _AsGiven(AuthBase):
    """Says that headers are complete: without an auth object requests would put ~/.netrc in their place."""

    def __call__(self, request: Any) -> Any:
        return request


def _strings(values: Any) -> frozenset[str]:
    if not isinstance(values, list):
        raise ToolFailed("A list of names was asked of Prometheus, and something else came. Is it a Prometheus server?")
    return frozenset(str(value) for value in values)

"""How to reach a metrics server or an Alertmanager: its address, who we are to it, and which certificates count."""

import base64
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from domain.errors import Misconfigured

_PAGES = ("/graph", "/query", "/classic/graph", "/api/v1", "/-/healthy", "/-/ready")
"""Endings that people copy from the browser along with the address."""


@dataclass(frozen=True, slots=True)
class Access:
    """Checked once, at the start; `repr` shows no secret."""

    url: str
    """Without credentials and without a slash at the end: an API path is appended to it."""
    headers: dict[str, str] = field(repr=False)
    ca: str = ""
    client_cert: str = ""
    client_key: str = ""
    setting: str = "PROMETHEUS_URL"
    """What people called the address; errors name it."""

    @classmethod
    def of(
        cls,
        url: str,
        *,
        token: str = "",
        username: str = "",
        password: str = "",
        ca: str = "",
        client_cert: str = "",
        client_key: str = "",
        org_id: str = "",
        setting: str = "PROMETHEUS_URL",
    ) -> "Access":
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError as wrong:
            raise Misconfigured(f"{setting} is not an address: {wrong}. Write http://HOST:PORT/PATH.") from wrong
        if parts.scheme not in ("http", "https") or not host:
            raise Misconfigured(f"{setting} must begin with http:// or https:// and name a host.")
        if parts.query or parts.fragment:
            raise Misconfigured(f"{setting} must end before '?' or '#': give only the address of the server.")
        username = username or unquote(parts.username or "")
        password = password or unquote(parts.password or "")
        if token and username:
            raise Misconfigured(f"Give a bearer token or a user name for {setting}, not both.")
        path = parts.path.rstrip("/")
        for page in _PAGES:
            path = path.removesuffix(page)
        name = f"[{host}]" if ":" in host else host
        netloc = f"{name}:{port}" if port else name
        return cls(
            urlunsplit((parts.scheme, netloc, path.rstrip("/"), "", "")),
            _headers(token, username, password, org_id, setting),
            _file(ca, "the CA file", setting),
            _file(client_cert, "the client certificate", setting),
            _file(client_key, "the client key", setting),
            setting,
        )

    def tls(self) -> ssl.SSLContext:
        """Verifies the server against the given CA, or the system's; shows our certificate where there is one."""
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
            if self.client_cert:
                context.load_cert_chain(self.client_cert, self.client_key or None, password="")
        except (ssl.SSLError, OSError, ValueError) as wrong:
            files = ", ".join(name for name in (self.ca, self.client_cert, self.client_key) if name)
            raise Misconfigured(f"The certificates for {self.setting} cannot be used ({files}): {wrong}.") from wrong
        return context


def _headers(token: str, username: str, password: str, org_id: str, setting: str) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if token.strip():
        headers["Authorization"] = f"Bearer {token.strip()}"
    elif username:
        pair = base64.b64encode(f"{username}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if org_id:
        headers["X-Scope-OrgID"] = org_id
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable():
            raise Misconfigured(f"The {name} header for {setting} holds a character that HTTP cannot carry.")
    return headers


def _file(path: str, what: str, setting: str) -> str:
    if not path:
        return ""
    found = Path(path).expanduser()
    if not found.is_file():
        raise Misconfigured(f"{what[0].upper()}{what[1:]} for {setting} is not a file: {path}.")
    return str(found)

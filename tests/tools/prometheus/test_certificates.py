"""Encrypted metrics servers: a CA of one's own, client certificates, and what is said when they do not fit."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from domain.errors import Misconfigured, ToolFailed
from tests.tools.prometheus.odd_server import Seen, odd_server, success, vector
from tests.tools.prometheus.worlds import NOW
from tools.prometheus.connection import connect


def answer(seen: Seen) -> tuple[int, dict[str, str], bytes]:
    return success(vector("1")) if seen.path.endswith("query") else success(["up"])


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, server.pem and client.pem, each with its key."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is not on PATH: apt install openssl")
    folder = tmp_path_factory.mktemp("certificates")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True, timeout=30)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=ca of a test")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    (folder / "client.ext").write_text("extendedKeyUsage=clientAuth\n")
    for name in ("server", "client"):
        run("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext")
        run("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
    return folder


def server_side(folder: Path, *, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "ca.pem")
    return context


async def test_a_private_ca_is_trusted_when_it_is_given(certificates: Path) -> None:
    """Both clients read from a server whose certificate the given CA signed."""
    with odd_server(answer, server_side(certificates)) as odd:
        source = connect(odd.url, ca=str(certificates / "ca.pem"))
        rows, names = await source.instant("up", NOW), await source.names()
        await source.close()

    assert len(rows) == 1
    assert names == {"up"}


@pytest.mark.parametrize("how", ["instant", "names"])
async def test_an_unknown_ca_is_not_trusted(certificates: Path, how: str) -> None:
    """Without the CA nothing is sent, and the sentence says what to give."""
    with odd_server(answer, server_side(certificates)) as odd:
        source = connect(odd.url, token="secret-token")
        with pytest.raises(ToolFailed, match=r"not trusted.*Give the CA"):
            await (source.instant("up", NOW) if how == "instant" else source.names())
        await source.close()

    assert odd.seen == []


async def test_a_client_certificate_is_shown(certificates: Path) -> None:
    """A server that wants to know who asks is told, by both clients."""
    with odd_server(answer, server_side(certificates, wants_client=True)) as odd:
        source = connect(
            odd.url,
            ca=str(certificates / "ca.pem"),
            client_cert=str(certificates / "client.pem"),
            client_key=str(certificates / "client.key"),
        )
        rows, names = await source.instant("up", NOW), await source.names()
        await source.close()

    assert len(rows) == 1
    assert names == {"up"}


@pytest.mark.parametrize("how", ["instant", "names"])
async def test_a_missing_client_certificate_is_told(certificates: Path, how: str) -> None:
    """The refusal in the handshake becomes a sentence about certificates or the connection."""
    with odd_server(answer, server_side(certificates, wants_client=True)) as odd:
        source = connect(odd.url, ca=str(certificates / "ca.pem"))
        with pytest.raises(ToolFailed, match=r"client certificate|could not be asked"):
            await (source.instant("up", NOW) if how == "instant" else source.names())
        await source.close()


def test_a_key_that_does_not_fit_stops_the_start(certificates: Path) -> None:
    """A certificate with somebody else's key is a wrong setting, not a bad day."""
    with pytest.raises(Misconfigured, match="PROMETHEUS_URL"):
        connect(
            "https://127.0.0.1:1",
            client_cert=str(certificates / "client.pem"),
            client_key=str(certificates / "server.key"),
        )


async def test_plain_http_to_an_encrypted_port_is_told(certificates: Path) -> None:
    """http:// where https:// belongs: a sentence, no stack trace."""
    with odd_server(answer, server_side(certificates)) as odd:
        source = connect(odd.url.replace("https", "http"))
        with pytest.raises(ToolFailed, match=r"PROMETHEUS_URL|http"):
            await source.instant("up", NOW)
        await source.close()

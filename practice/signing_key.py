"""An elliptic-curve private key in PEM, for the tokens of service accounts, without a cryptography package."""

import base64
import secrets

_ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_NAME_OF_P256 = bytes.fromhex("06082a8648ce3d030107")


def new_signing_key() -> str:
    """RFC 5915 without the optional public point, which Go works out by itself."""
    secret = (1 + secrets.randbelow(_ORDER_OF_P256 - 1)).to_bytes(32, "big")
    inside = b"\x02\x01\x01" + b"\x04\x20" + secret + b"\xa0" + bytes([len(_NAME_OF_P256)]) + _NAME_OF_P256
    body = base64.encodebytes(b"\x30" + bytes([len(inside)]) + inside).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"

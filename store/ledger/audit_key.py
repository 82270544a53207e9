"""The key that signs the record. It lives in a file of its own, never in the database or beside it."""

import contextlib
import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import rfc8785

from domain.errors import Misconfigured
from domain.plain_json import Json
from store.places import private_folder

ALGORITHM = "hmac-sha256"
Purpose = Literal["audit", "decision", "identity", "api-key"]
_BYTES = 32
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest row of a chain, remembered outside the database so that a cut tail shows."""

    sequence: int
    mac: str


@dataclass(frozen=True, slots=True)
class AuditKey:
    """Signs canonical JSON, each purpose apart, the algorithm inside what is signed."""

    secret: bytes = field(repr=False)
    path: Path

    def sign(self, purpose: Purpose, value: Json) -> str:
        signed = rfc8785.dumps({"algorithm": ALGORITHM, "purpose": purpose, "value": value})
        return hmac.new(self.secret, signed, hashlib.sha256).hexdigest()

    def signed(self, purpose: Purpose, value: Json, mac: str) -> bool:
        return hmac.compare_digest(self.sign(purpose, value), mac)

    def tip_path(self, database: str) -> Path:
        """One tip per database: the same key may serve several."""
        return self.path.with_name(f"{self.path.stem}-{hashlib.sha256(database.encode()).hexdigest()[:12]}.tip")

    def read_tip(self, database: str) -> Tip | None:
        """The remembered tip, None where there is none yet; Misconfigured when it cannot be read."""
        path = self.tip_path(database)
        try:
            kept = json.loads(path.read_text())
            return Tip(int(kept["sequence"]), str(kept["mac"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Misconfigured(
                f"The audit's tip {path} cannot be read ({error}). Put a backup in its place."
            ) from error

    def move_tip(self, database: str, tip: Tip) -> None:
        """Remember `tip` unless a later one is remembered already. The chain itself is the record: failing here is
        only a warning, and an older tip still proves everything up to it."""
        path = self.tip_path(database)
        try:
            with self.path.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                before = self.read_tip(database)
                if before and before.sequence >= tip.sequence:
                    return
                fresh = path.with_suffix(f".{os.getpid()}")
                descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    json.dump({"database": database, "sequence": tip.sequence, "mac": tip.mac}, file)
                fresh.replace(path)
        except (OSError, Misconfigured) as error:
            _log.warning("the audit's tip was not written to %s: %s", path, error)


def ensure_key(path: Path) -> AuditKey:
    """The key at `path`, made with mode 0600 where there is none. For `hilda migrate` and for a first start."""
    try:
        private_folder(path.parent)
        if not path.exists():
            _make_key(path)
    except OSError as error:
        raise Misconfigured(f"The audit key {path} cannot be made ({error.strerror}).") from error
    return load_key(path)


def _make_key(path: Path) -> None:
    """Whole or not at all, and the first of several processes wins: nobody ever reads half a key."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()


def load_key(path: Path) -> AuditKey:
    """The key at `path`; Misconfigured when it is missing, readable by others, or no key."""
    try:
        mode = path.stat().st_mode
        text = path.read_text().strip()
    except OSError as error:
        raise Misconfigured(
            f"The audit key {path} cannot be read ({error.strerror}). Without it nothing can be decided or run: "
            "put it back from a backup, or run `hilda migrate` when this is a new database."
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise Misconfigured(f"The audit key {path} can be read by others. Run: chmod 600 {path}")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise Misconfigured(f"The audit key {path} is not {_BYTES} bytes in hexadecimal. Put a backup in its place.")
    return AuditKey(secret, path)

"""The vectors of all runbooks in an embedded Chroma: built once, renamed into place, and then only read.

Chroma is not safe for several processes that write, so a folder is written by exactly one, under a lock, before it gets
its name; the name holds the hash of the content, the model and its dimension, so a change makes a new folder and never
mixes. Chroma's server and its HTTP client have open holes: a configuration that asks for them is refused.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import Misconfigured, ToolFailed

if TYPE_CHECKING:
    from runbooks.embedding import Vectors

_COLLECTION = "runbooks"
_LOCAL = "chromadb.api.rust.RustBindingsAPI"
_KEPT = 4
_BATCH = 2000


class VectorIndex:
    """Nearest texts by cosine. Texts are known by the ids they were built with."""

    def __init__(self, client: Any, collection: Any) -> None:
        self._client = client
        self._collection = collection
        self._size = collection.count()

    @classmethod
    def build(cls, folder: Path, ids: Sequence[str], vectors: "Vectors") -> None:
        client = _client(folder, migrations="apply")
        try:
            # Own vectors only: Chroma's default function would download a model, and a stored one could be replaced.
            collection = client.create_collection(
                _COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 400, "ef_construction": 200}},
            )
            for start in range(0, len(ids), _BATCH):
                collection.add(ids=list(ids[start : start + _BATCH]), embeddings=vectors[start : start + _BATCH])
        finally:
            client.close()

    @classmethod
    def open(cls, folder: Path) -> "VectorIndex":
        client = _client(folder, migrations="validate")
        try:
            return cls(client, client.get_collection(_COLLECTION, embedding_function=None))
        except BaseException:
            client.close()
            raise

    def nearest(self, vector: "Vectors", most: int) -> list[tuple[str, float]]:
        """(id, cosine) of the nearest texts, best first."""
        found = self._collection.query(
            query_embeddings=[vector], n_results=min(most, self._size), include=["distances"]
        )
        return [(name, 1.0 - distance) for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def cosines(self, vector: "Vectors", ids: Sequence[str]) -> dict[str, float]:
        """The exact cosine of each of these texts."""
        if not ids:
            return {}
        found = self._collection.get(ids=list(ids), include=["embeddings"])
        return dict(zip(found["ids"], map(float, found["embeddings"] @ vector), strict=True))

    def close(self) -> None:
        self._client.close()


def built_once(cache: Path, name: str, build: Callable[[Path], None]) -> Path:
    """The folder `cache/name`, built by whoever comes first; everybody else waits for that and reads."""
    folder = cache / name
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (cache / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                _build(cache, folder, build)
    except OSError as failed:
        raise ToolFailed(
            f"The runbook index could not be built in {cache}: {failed.strerror or failed}. "
            "Runbook search needs a folder it can write to with some free space."
        ) from failed
    return folder


def forget(folder: Path) -> None:
    """Put a folder that cannot be read out of the way, so that it is built anew."""
    ruined = folder.with_name(f"{folder.name}.ruined-{os.getpid()}")
    try:
        folder.rename(ruined)
    except FileNotFoundError:
        return
    shutil.rmtree(ruined, ignore_errors=True)


def _build(cache: Path, folder: Path, build: Callable[[Path], None]) -> None:
    # Under the lock nobody else builds this one, so what an earlier process left behind half done is rubbish.
    half = cache / f"{folder.name}.half"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    try:
        build(half)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    _drop_old(cache, folder)


def _drop_old(cache: Path, newest: Path) -> None:
    """Keep the few indexes built last; one that another process still reads stays readable until it closes it."""
    built = [path for path in cache.iterdir() if path.is_dir() and path.name.startswith("runbooks-")]
    others = sorted((p for p in built if p != newest and "." not in p.name), key=lambda p: p.stat().st_mtime)
    for path in others[: max(0, len(others) - (_KEPT - 1))]:
        shutil.rmtree(path, ignore_errors=True)
        (path.parent / f"{path.name}.lock").unlink(missing_ok=True)


def _client(folder: Path, *, migrations: str) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    # Chroma reads its settings from the environment and from .env by itself.
    asked = Settings()
    if asked.chroma_server_host or asked.chroma_api_impl != _LOCAL:
        setting = "CHROMA_SERVER_HOST" if asked.chroma_server_host else "CHROMA_API_IMPL"
        raise Misconfigured(
            f"{setting} asks for a Chroma server. Runbook search uses Chroma inside its own process only, because "
            f"Chroma's server has security holes without a fix; remove {setting} from the environment and from .env."
        )
    settings = Settings(
        _env_file=None,
        environment="",
        chroma_api_impl=_LOCAL,
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
        allow_reset=False,
        migrations=migrations,
    )
    try:
        return chromadb.PersistentClient(path=str(folder), settings=settings)
    except BaseException:
        # Chroma keeps one system per path, also one that failed to start; the next try shall not be given that.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise

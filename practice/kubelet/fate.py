"""What becomes of a container once it runs: decided by its program, its environment and its limits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from practice.api import Json
from practice.worlds import Program, host_and_port


@dataclass(frozen=True)
class Ends:
    """It stops by itself."""

    after: float
    exit_code: int
    reason: str
    """`Error` or `OOMKilled`, as in a container's state."""
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Runs:
    """It runs until somebody stops it."""

    ready_after: float
    lines: tuple[str, ...]
    pool_size: int = 0


def fate(program: Program, container: Json, environment: Mapping[str, str]) -> Ends | Runs:
    """How one start of the container goes."""
    for requirement in program.requires:
        if not environment.get(requirement.env):
            return Ends(0.2, requirement.exit_code, "Error", (*_hello(program), f"ERROR {requirement.says}"))
    for connection in program.connects:
        if (value := environment.get(connection.env, "")) not in connection.answers:
            address = host_and_port(value)
            last = connection.says.format(address=address)
            return Ends(
                0.4, connection.exit_code, "Error", (*_hello(program), f"INFO connecting to {address}", f"ERROR {last}")
            )
    limit = memory_bytes(container.get("resources", {}).get("limits", {}).get("memory", ""))
    if limit and program.memory_mib * 2**20 > limit:
        return Ends(0.4, 137, "OOMKilled", (*_hello(program), "INFO loading data"))
    pool_size = 0
    if program.pool:
        text = environment.get(program.pool.env, str(program.pool.default))
        if not text.isdigit() or int(text) < 1:
            last = f"ERROR {program.pool.env} must be a positive number, got {text!r}"
            return Ends(0.2, 1, "Error", (*_hello(program), last))
        pool_size = int(text)
    if program.crashes_after:
        return Ends(program.crashes_after, program.exit_code, "Error", (*_hello(program), program.last_words))
    return Runs(program.start_seconds, (*_hello(program), *_ready(program, pool_size)), pool_size)


_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "m": 1e-3}


def memory_bytes(quantity: str) -> float:
    """A Kubernetes quantity in bytes; 0 for none.

    >>> memory_bytes("128Mi")
    134217728.0
    """
    for unit, factor in _UNITS.items():
        if quantity.endswith(unit):
            return float(quantity[: -len(unit)]) * factor
    return float(quantity or 0)


def _hello(program: Program) -> tuple[str, ...]:
    return (f"INFO starting {program.service or program.image.rpartition('/')[2]}", *program.starts_with)


def _ready(program: Program, pool_size: int) -> tuple[str, ...]:
    pool = (f"INFO database pool ready size={pool_size}",) if pool_size else ()
    return (*pool, f"INFO listening on :{program.port}")

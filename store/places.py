"""Where state lives when nobody says otherwise: the folders that the XDG rules name, private to their owner."""

from pathlib import Path

import platformdirs

_NAME = "hilda"


def state_folder(state_dir: Path | None = None) -> Path:
    """Databases and what can be lost with a machine: `~/.local/state/hilda`, or below `state_dir`."""
    return state_dir / "state" if state_dir else Path(platformdirs.user_state_dir(_NAME))


def default_database_url(state_dir: Path | None = None) -> str:
    return f"sqlite:///{state_folder(state_dir) / 'hilda.db'}"


def default_audit_key(state_dir: Path | None = None) -> Path:
    """The audit's key lives in another folder than the database, so that one stolen folder forges nothing."""
    return (state_dir or Path(platformdirs.user_data_dir(_NAME))) / "keys" / "audit.key"


def private_folder(folder: Path) -> Path:
    """The folder, made with mode 0700 where it is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

"""Where state lives when nobody says otherwise: the folders that the XDG rules name, private to their owner."""

from pathlib import Path

import platformdirs

_NAME = "hilda"


def state_folder() -> Path:
    """Databases and what can be lost with a machine: `~/.local/state/hilda`."""
    return Path(platformdirs.user_state_dir(_NAME))


def default_database_url() -> str:
    return f"sqlite:///{state_folder() / 'hilda.db'}"


def default_audit_key() -> Path:
    """The audit's key lives in another folder than the database, so that one stolen folder forges nothing."""
    return Path(platformdirs.user_data_dir(_NAME)) / "keys" / "audit.key"


def private_folder(folder: Path) -> Path:
    """The folder, made with mode 0700 where it is missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

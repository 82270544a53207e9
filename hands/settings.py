"""What the executor may know: the store, one cluster, its Alertmanager, its key. No chat and no model has a field here.

The names are those of `hilda serve`, so both read the same state without being told twice.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import Misconfigured
from store.places import default_audit_key, default_database_url
from tools.alertmanager.connection import Alertmanager

ENVIRONMENT = (
    "DATABASE_URL",
    "KUBECONFIG",
    "HILDA_CONTEXT",
    "HILDA_KUBECTL",
    "HILDA_AUDIT_KEY_FILE",
    "HILDA_STATE_DIR",
    "ALERTMANAGER_URL",
    "HILDA_ALERTMANAGER_TOKEN",
    "HILDA_ALERTMANAGER_USERNAME",
    "HILDA_ALERTMANAGER_PASSWORD",
    "HILDA_ALERTMANAGER_CA",
    "HOME",
    "PATH",
)
"""All that an executor is given of its parent's environment."""


class ExecutorSettings(BaseSettings):
    """Read from the environment; whoever starts an executor in code may give the values instead."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    database_url: str = Field("", validation_alias="DATABASE_URL")
    audit_key_file: Path | None = Field(None, validation_alias="HILDA_AUDIT_KEY_FILE")
    state_dir: Path | None = Field(None, validation_alias="HILDA_STATE_DIR")
    kubeconfig: str = Field("", validation_alias="KUBECONFIG")
    context: str = Field("", validation_alias="HILDA_CONTEXT")
    kubectl: str = Field("", validation_alias="HILDA_KUBECTL")
    alertmanager_url: str = Field("", validation_alias="ALERTMANAGER_URL")
    alertmanager_token: SecretStr = Field(SecretStr(""), validation_alias="HILDA_ALERTMANAGER_TOKEN")
    alertmanager_username: str = Field("", validation_alias="HILDA_ALERTMANAGER_USERNAME")
    alertmanager_password: SecretStr = Field(SecretStr(""), validation_alias="HILDA_ALERTMANAGER_PASSWORD")
    alertmanager_ca: str = Field("", validation_alias="HILDA_ALERTMANAGER_CA")
    path: str = Field("/usr/local/bin:/usr/bin:/bin", validation_alias="PATH")

    @property
    def database(self) -> str:
        return self.database_url or default_database_url(self.state_dir)

    @property
    def audit_key(self) -> Path:
        return self.audit_key_file or default_audit_key(self.state_dir)

    def connect_alertmanager(self) -> Alertmanager | None:
        """None where none is set; Misconfigured where its address or certificates cannot be right."""
        if not self.alertmanager_url:
            return None
        return Alertmanager(
            self.alertmanager_url,
            token=self.alertmanager_token.get_secret_value(),
            username=self.alertmanager_username,
            password=self.alertmanager_password.get_secret_value(),
            ca=self.alertmanager_ca,
            seconds=10.0,
        )


def load_settings(**given: Any) -> ExecutorSettings:
    """The settings of this process; Misconfigured with one line that names the setting which is wrong."""
    try:
        return ExecutorSettings(**given)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        raise Misconfigured(f"Setting {'.'.join(map(str, first['loc']))} is wrong: {first['msg']}.") from invalid


def allowed_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of a process's environment it may hand to the executor it starts: names on the list, nothing else."""
    return {name: environment[name] for name in ENVIRONMENT if name in environment}

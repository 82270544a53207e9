"""All settings, read once from the environment and an optional hilda.yaml, and passed in from there.

Where the ecosystem has a name it is used (`KUBECONFIG`, `PROMETHEUS_URL`, `OPENAI_API_KEY`, `DATABASE_URL`); ours
begin with `HILDA_`. Everything has a default that works without keys. A wrong value stops the start with one line.
"""

import os
import socket
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from bot.alert_settings import AlertingWritten
from bot.route_settings import RouteWritten
from domain.errors import Misconfigured
from domain.levels import Level
from domain.model_use import ModelPrice
from store import places


class Environment(BaseModel):
    """What a word such as "staging" stands for, and how high Hilda may climb there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clusters: tuple[str, ...] = ()
    """Context names or cluster ids (uid of kube-system)."""
    namespaces: tuple[str, ...] = ()
    """Empty: all of those clusters."""
    production: bool = False
    level: Level = Level.commands


class Settings(BaseSettings):
    """Every name can be written in the environment or, in lower case and without `HILDA_`, in hilda.yaml."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    audit_key_file: Path | None = Field(None, validation_alias=AliasChoices("HILDA_AUDIT_KEY_FILE", "audit_key_file"))
    state_dir: Path | None = Field(None, validation_alias=AliasChoices("HILDA_STATE_DIR", "state_dir"))

    kubeconfig: str = Field("", validation_alias=AliasChoices("KUBECONFIG", "KUBE_CONFIG_PATH", "kubeconfig"))
    context: str = Field("", validation_alias=AliasChoices("HILDA_CONTEXT", "context"))
    kubectl: str = Field("", validation_alias=AliasChoices("HILDA_KUBECTL", "kubectl"))

    prometheus_url: str = Field("", validation_alias=AliasChoices("PROMETHEUS_URL", "prometheus_url"))
    prometheus_token: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("HILDA_PROMETHEUS_TOKEN", "prometheus_token")
    )
    prometheus_username: str = Field(
        "", validation_alias=AliasChoices("HILDA_PROMETHEUS_USERNAME", "prometheus_username")
    )
    prometheus_password: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("HILDA_PROMETHEUS_PASSWORD", "prometheus_password")
    )
    prometheus_ca: str = Field("", validation_alias=AliasChoices("HILDA_PROMETHEUS_CA", "prometheus_ca"))
    prometheus_client_cert: str = Field(
        "", validation_alias=AliasChoices("HILDA_PROMETHEUS_CLIENT_CERT", "prometheus_client_cert")
    )
    prometheus_client_key: str = Field(
        "", validation_alias=AliasChoices("HILDA_PROMETHEUS_CLIENT_KEY", "prometheus_client_key")
    )
    prometheus_org_id: str = Field("", validation_alias=AliasChoices("HILDA_PROMETHEUS_ORG_ID", "prometheus_org_id"))

    alertmanager_url: str = Field("", validation_alias=AliasChoices("ALERTMANAGER_URL", "alertmanager_url"))
    alertmanager_token: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("HILDA_ALERTMANAGER_TOKEN", "alertmanager_token")
    )
    alertmanager_username: str = Field(
        "", validation_alias=AliasChoices("HILDA_ALERTMANAGER_USERNAME", "alertmanager_username")
    )
    alertmanager_password: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("HILDA_ALERTMANAGER_PASSWORD", "alertmanager_password")
    )
    alertmanager_ca: str = Field("", validation_alias=AliasChoices("HILDA_ALERTMANAGER_CA", "alertmanager_ca"))
    alerts_poll_seconds: int = Field(
        60, ge=0, le=3600, validation_alias=AliasChoices("HILDA_ALERTS_POLL_SECONDS", "alerts_poll_seconds")
    )
    """How often Alertmanager is asked what fires, where one is set; 0: never."""
    alerts_token: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("HILDA_ALERTS_TOKEN", "alerts_token"))
    """What a sender of alerts proves itself with; none set: only this machine may send."""
    alerts_username: str = Field("", validation_alias=AliasChoices("HILDA_ALERTS_USERNAME", "alerts_username"))
    alerts_password: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("HILDA_ALERTS_PASSWORD", "alerts_password"), validate_default=True
    )
    alerting: AlertingWritten = Field(AlertingWritten(), validation_alias=AliasChoices("HILDA_ALERTING", "alerting"))
    routes: tuple[RouteWritten, ...] = Field((), validation_alias=AliasChoices("HILDA_ROUTES", "routes"))
    quiet_minutes: float = Field(15.0, gt=0, validation_alias=AliasChoices("HILDA_QUIET_MINUTES", "quiet_minutes"))
    """How long nothing may fire before an incident that ended by itself is closed."""

    openai_api_key: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key"))
    openai_base_url: str = Field("", validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"))
    model: str = Field("", validation_alias=AliasChoices("HILDA_MODEL", "model"))
    model_seconds: float = Field(20.0, gt=0, validation_alias=AliasChoices("HILDA_MODEL_SECONDS", "model_seconds"))

    model_price: str = Field("", validation_alias=AliasChoices("HILDA_MODEL_PRICE", "model_price"))
    """Per million tokens read and written, as `2.50/10 USD`."""

    runbooks: Path | None = Field(None, validation_alias=AliasChoices("HILDA_RUNBOOKS", "runbooks"))
    environments: dict[str, Environment] = Field(
        default_factory=dict, validation_alias=AliasChoices("HILDA_ENVIRONMENTS", "environments")
    )
    practice_identities: bool = Field(
        False, validation_alias=AliasChoices("HILDA_PRACTICE_IDENTITIES", "practice_identities")
    )
    proposal_minutes: int = Field(
        30, ge=1, le=1440, validation_alias=AliasChoices("HILDA_PROPOSAL_MINUTES", "proposal_minutes")
    )
    look_seconds: float = Field(5.0, gt=0, validation_alias=AliasChoices("HILDA_LOOK_SECONDS", "look_seconds"))
    run_seconds: int = Field(300, ge=5, le=3600, validation_alias=AliasChoices("HILDA_RUN_SECONDS", "run_seconds"))

    http_host: str = Field("127.0.0.1", validation_alias=AliasChoices("HILDA_HTTP_HOST", "http_host"))
    http_port: int = Field(3000, ge=0, le=65535, validation_alias=AliasChoices("HILDA_HTTP_PORT", "http_port"))
    http_requests_a_minute: int = Field(
        300, ge=1, validation_alias=AliasChoices("HILDA_HTTP_REQUESTS_A_MINUTE", "http_requests_a_minute")
    )
    """Of one API key."""
    metrics_open: bool = Field(False, validation_alias=AliasChoices("HILDA_METRICS_OPEN", "metrics_open"))
    """Whether /metrics is told without a key."""
    drain_seconds: float = Field(20.0, ge=0, validation_alias=AliasChoices("HILDA_DRAIN_SECONDS", "drain_seconds"))

    slack_bot_token: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("SLACK_BOT_TOKEN", "slack_bot_token")
    )
    slack_app_token: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("SLACK_APP_TOKEN", "slack_app_token")
    )
    slack_signing_secret: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("SLACK_SIGNING_SECRET", "slack_signing_secret")
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", validation_alias=AliasChoices("HILDA_SLACK_API_URL", "slack_api_url")
    )
    unknown_people: Literal["viewer", "nobody"] = Field(
        "viewer", validation_alias=AliasChoices("HILDA_UNKNOWN_PEOPLE", "unknown_people")
    )
    slack_guests: Literal["member", "viewer", "nobody"] = Field(
        "viewer", validation_alias=AliasChoices("HILDA_SLACK_GUESTS", "slack_guests")
    )
    slack_strangers: Literal["viewer", "nobody"] = Field(
        "nobody", validation_alias=AliasChoices("HILDA_SLACK_STRANGERS", "slack_strangers")
    )
    slack_friends: tuple[str, ...] = Field((), validation_alias=AliasChoices("HILDA_SLACK_FRIENDS", "slack_friends"))
    """Ids of other workspaces or enterprises whose people count as members of ours."""

    teams_app_id: str = Field("", validation_alias=AliasChoices("TEAMS_APP_ID", "teams_app_id"))
    teams_app_password: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("TEAMS_APP_PASSWORD", "teams_app_password")
    )
    teams_tenant_id: str = Field("", validation_alias=AliasChoices("TEAMS_TENANT_ID", "teams_tenant_id"))
    teams_tenants: tuple[str, ...] = Field((), validation_alias=AliasChoices("HILDA_TEAMS_TENANTS", "teams_tenants"))
    """Further tenants whose people may speak with Hilda; TEAMS_TENANT_ID's always may."""
    teams_guests: Literal["member", "viewer", "nobody"] = Field(
        "viewer", validation_alias=AliasChoices("HILDA_TEAMS_GUESTS", "teams_guests")
    )
    teams_strangers: Literal["viewer", "nobody"] = Field(
        "nobody", validation_alias=AliasChoices("HILDA_TEAMS_STRANGERS", "teams_strangers")
    )
    teams_service_hosts: tuple[str, ...] = Field(
        ("smba.trafficmanager.net",), validation_alias=AliasChoices("HILDA_TEAMS_SERVICE_HOSTS", "teams_service_hosts")
    )
    teams_development: bool = Field(
        False, validation_alias=AliasChoices("HILDA_TEAMS_DEVELOPMENT", "teams_development")
    )
    """Teams' Playground on this machine, which sends no tokens, may speak as anybody."""

    @field_validator("model_price")
    @classmethod
    def _is_a_price(cls, value: str) -> str:
        if value:
            ModelPrice.parse(value)
        return value

    @field_validator("alerts_password")
    @classmethod
    def _belongs_to_a_name(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if bool(value.get_secret_value()) != bool(info.data.get("alerts_username")):
            raise ValueError("a name and a password go together, and one of them is missing")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _is_an_api_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") + "/"

    @field_validator("prometheus_url", "alertmanager_url", "openai_base_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=settings_file())

    @property
    def state_folder(self) -> Path:
        """Where what is remembered lives: the XDG state folder unless HILDA_STATE_DIR names another."""
        return places.state_folder(self.state_dir)

    @property
    def cache_folder(self) -> Path:
        """What can be made again: the runbook index."""
        return self.state_dir / "cache" if self.state_dir else Path(platformdirs.user_cache_dir("hilda"))

    @property
    def database(self) -> str:
        """The store's URL: SQLite in the state folder unless DATABASE_URL names another."""
        return self.database_url or places.default_database_url(self.state_dir)

    @property
    def audit_key(self) -> Path:
        """The audit key's file: 0600, and never in the folder of the database it protects."""
        return self.audit_key_file or places.default_audit_key(self.state_dir)

    @property
    def worker(self) -> str:
        return f"{socket.gethostname()}:{os.getpid()}"


def load_settings(**given: Any) -> Settings:
    """The settings of this process; Misconfigured with one line that names the setting which is wrong."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as invalid:
        first = invalid.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Misconfigured(f"Setting {where} is wrong: {first['msg']}.") from invalid
    except SettingsError as unreadable:
        raise Misconfigured(
            f"The environment cannot be read: {unreadable}. What has parts is written as JSON there."
        ) from unreadable
    except (OSError, ValueError) as unreadable:
        raise Misconfigured(f"Settings file {settings_file()} cannot be read: {unreadable}") from unreadable


def settings_file() -> Path:
    """The file that settings are read from besides the environment; it need not exist."""
    named = os.environ.get("HILDA_CONFIG")
    if named:
        return Path(named)
    here = Path("hilda.yaml")
    return here if here.exists() else Path(platformdirs.user_config_dir("hilda")) / "hilda.yaml"

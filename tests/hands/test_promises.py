"""What the structure of the executor promises: who may run what, and what it may know."""

import inspect
import typing
from pathlib import Path

import pytest

from domain.sandbox import SANDBOX_PROFILE
from hands.sandbox import Sandbox
from hands.script_commands import commands_in
from hands.settings import ENVIRONMENT, ExecutorSettings, allowed_environment, load_settings
from store.ledger.claimed import ClaimedExecution
from tests.hands.proposals import proposal


def test_only_a_claim_can_be_run():
    """The sandbox's `run` takes what the claim alone can make."""
    annotations = typing.get_type_hints(Sandbox.run)

    assert annotations["claimed"] is ClaimedExecution
    assert "script" not in inspect.signature(Sandbox.run).parameters
    with pytest.raises(TypeError, match="made by the claim alone"):
        ClaimedExecution("x", proposal("true"), "d", "w", "t", proposal("true").created_at, 1.0)


def test_the_settings_know_no_chat_and_no_model():
    """Whatever this process is told about them, it does not take it in."""
    names = {field.validation_alias for field in ExecutorSettings.model_fields.values()}

    assert names <= set(ENVIRONMENT)
    # A script never sees it: the proxy outside adds it to what was approved.
    names -= {"HILDA_ALERTMANAGER_TOKEN"}
    assert not {name for name in names if any(word in name for word in ("SLACK", "TEAMS", "OPENAI", "MODEL", "TOKEN"))}


def test_a_parent_hands_over_what_is_on_the_list_and_nothing_else():
    """Tokens of chats and models stay where they are."""
    parent = {
        "PATH": "/bin",
        "HOME": "/h",
        "SLACK_BOT_TOKEN": "x",
        "OPENAI_API_KEY": "y",
        "KUBECONFIG": "/k",
        "LD_PRELOAD": "z",
    }

    assert allowed_environment(parent) == {"PATH": "/bin", "HOME": "/h", "KUBECONFIG": "/k"}


def test_the_state_folder_places_database_and_key(tmp_path, monkeypatch):
    """Never in one folder: who can write to the database must not hold the key."""
    monkeypatch.setenv("HILDA_STATE_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    settings = load_settings()

    database = Path(settings.database.removeprefix("sqlite:///"))
    assert database.is_relative_to(tmp_path)
    assert settings.audit_key.is_relative_to(tmp_path)
    assert not settings.audit_key.is_relative_to(database.parent)


def test_commands_are_found_in_the_order_in_which_they_run():
    """Repeats count, lines that only look alike do not, and a command may have several lines."""
    lines = ["set -e", "kubectl get pods", "now=$(kubectl get nodes)", "kubectl label pod a \\", "  b=c"]
    script = "\n".join([*lines, "  kubectl get pods", "kubectl get pods", ""])

    found = commands_in(script, ["kubectl get nodes", "kubectl label pod a \\\n  b=c", "kubectl get pods"])

    assert [command.argv[1:3] for command in found] == [("get", "pods"), ("label", "pod"), ("get", "pods")]


def test_there_is_one_profile():
    """A second, weaker way to run would have a name here."""
    assert SANDBOX_PROFILE == "bubblewrap/2"

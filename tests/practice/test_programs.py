"""Finding programs, and saying how to get those that are missing."""

from pathlib import Path

import pytest

from practice import programs


def test_programs_are_found_in_kubebuilder_assets(tmp_path: Path) -> None:
    """What setup-envtest laid down is used without being on PATH."""
    program = tmp_path / "kube-apiserver"
    program.touch(mode=0o755)

    found = programs.where("kube-apiserver", {"PATH": "/nowhere", "KUBEBUILDER_ASSETS": str(tmp_path)})

    assert found == program


def test_missing_programs_are_all_named_with_the_way_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message for everything that is missing, each way once."""
    monkeypatch.setattr(programs, "where", lambda name: None)

    with pytest.raises(programs.MissingPrograms) as missing:
        programs.find([*programs.CONTROL_PLANE, "promtool"])

    assert missing.value.names == (*programs.CONTROL_PLANE, "promtool")
    assert str(missing.value).count("kwokctl") == 1
    assert "apt install prometheus" in str(missing.value)

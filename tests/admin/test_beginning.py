"""A process of the server that cannot begin says why to whoever started it."""

from pathlib import Path

import pytest

from admin.beginning import WRONG_SETTINGS, begin
from admin.vault import VaultError


def begun(monkeypatch: pytest.MonkeyPatch, trouble: Exception | None, *hindered: type[Exception]) -> int:
    monkeypatch.setattr("sys.argv", ["admin.x", "--config", "x.toml"])

    def run(config: Path) -> None:
        assert config == Path("x.toml")
        if trouble is not None:
            raise trouble

    return begin("admin.x", run, *hindered)


def test_what_hinders_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begun(monkeypatch, OSError("no such file")) == WRONG_SETTINGS
    assert begun(monkeypatch, VaultError("the vault is shut"), VaultError) == WRONG_SETTINGS
    assert capsys.readouterr().err == "no such file\nthe vault is shut\n"


def test_a_defect_is_not_taken_for_wrong_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VaultError):
        begun(monkeypatch, VaultError("the vault is shut"))


def test_it_ends_well_when_told_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun(monkeypatch, None) == 0

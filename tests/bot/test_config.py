"""The configuration: what it takes, and what it says of what it does not take."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Config, example, load_config
from bot.errors import StartError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("TOCSIN_"):
            monkeypatch.delenv(name)


def config_of(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def problems_of(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(StartError) as caught:
        config_of(tmp_path, text)
    return caught.value.problems


def test_the_example_file_is_what_the_settings_say() -> None:
    assert (ROOT / "config.example.toml").read_text(encoding="utf-8") == example()


def test_the_example_file_loads_and_changes_nothing() -> None:
    assert load_config(ROOT / "config.example.toml").model_dump() == load_config(None).model_dump()


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    config = config_of(tmp_path, "[alerts]\npump_min = 4\n[simulation]\nstart = 2026-01-05T00:00:00Z\n")
    assert config.alerts.pump_min == 4.0
    assert config.alerts.selling_min == 8.0
    assert config.simulation.start == datetime(2026, 1, 5, tzinfo=UTC)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_ALERTS__PUMP_MIN", "5.5")
    config = config_of(tmp_path, "[alerts]\npump_min = 4.0\nstep = 2.0\n")
    assert (config.alerts.pump_min, config.alerts.step) == (5.5, 2.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[scoring]\nmin_exchanges = "three"\n',
            'scoring.min_exchanges = "three": of the wrong type; allowed: a whole number from 1 to 13',
        ),
        (
            '[scoring]\nmin_exchanges = "3"\n',
            'scoring.min_exchanges = "3": of the wrong type; allowed: a whole number from 1 to 13',
        ),
        ("[alerts]\npump_min = 11\n", "alerts.pump_min = 11: out of range; allowed: a number from 0 to 10"),
        ("[alerts]\npump_min = nan\n", "alerts.pump_min = nan: out of range; allowed: a number from 0 to 10"),
        ("[scoring]\nmin_exchange = 3\n", '[scoring] has no key "min_exchange"; did you mean "min_exchanges"?'),
        ("[scorings]\n", 'there is no section "scorings"; did you mean "scoring"?'),
        ("scoring = 3\n", "scoring = 3: must be a section: write [scoring] on a line"),
        ("[schedule]\nrefresh_minutes = 7\n", "schedule.refresh_minutes = 7: out of range; allowed: 5 or 10 or 15"),
        ('[feeds]\nmarket = "real"\n', 'feeds.market = "real": out of range; allowed: "none" or "simulated"'),
        ("[console]\nenabled = 1\n", "console.enabled = 1: of the wrong type; allowed: true or false"),
        ("[console\n", "this is not TOML"),
    ],
)
def test_a_fault_is_one_line_with_file_key_and_way_out(tmp_path: Path, text: str, expected: str) -> None:
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith(f"{tmp_path / 'config.toml'}: ")
    assert expected in problem
    assert "\n" not in problem


def test_all_faults_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_LOG__LEVEL", "LOUD")
    monkeypatch.setenv("TOCSIN_BOGUS__X", "1")
    problems = problems_of(tmp_path, '[alerts]\nstep = 0\nhysteresis = "x"\n')
    assert len(problems) == 4
    assert any(p.startswith("environment: TOCSIN_LOG__LEVEL") for p in problems)
    assert any("TOCSIN_BOGUS__X: there is no section 'bogus'" in p for p in problems)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"none\.toml: there is no such file; copy config\.example\.toml"):
        load_config(tmp_path / "none.toml")


def test_the_database_password_is_shown_nowhere(tmp_path: Path) -> None:
    config = config_of(tmp_path, '[database]\nurl = "postgresql://me:hunter2@host/db"\n')
    assert "hunter2" not in repr(config)
    (problem,) = problems_of(tmp_path, '[database]\nurl = ["postgresql://me:hunter2@host/db"]\n')
    assert "hunter2" not in problem

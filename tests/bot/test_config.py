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
        ('[feeds]\nfunding = "real"\n', 'feeds.funding = "real": out of range; allowed: "exchanges" or "sharpe" or'),
        (
            '[feeds]\nexchanges = ["bitmex"]\n',
            'feeds.exchanges = "bitmex": out of range; allowed: a list of "binance" or',
        ),
        ('[feeds]\nccxt = "kraken"\n', 'feeds.ccxt = "kraken": of the wrong type; allowed: a list of texts'),
        ("[feeds]\nhosts = 3\n", "feeds.hosts = 3: of the wrong type; allowed: a table of name = text"),
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


def test_an_environment_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_LOG__LEVEL", "ERROR")
    config = load_config(None, {"TOCSIN_CONSOLE__ENABLED": "no", "tocsin_alerts__step": "2", "HOME": "/"})
    assert (config.console.enabled, config.alerts.step, config.log.level) == (False, 2.0, "WARNING")


@pytest.mark.parametrize("minutes", [5, 60])
def test_a_variable_can_choose_among_numbers(minutes: int) -> None:
    config = load_config(None, {"TOCSIN_SCHEDULE__REFRESH_MINUTES": str(minutes)})
    assert config.schedule.refresh_minutes == minutes


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "TOCSIN_SCHEDULE__REFRESH_MINUTES",
            "7",
            'TOCSIN_SCHEDULE__REFRESH_MINUTES = "7": out of range; allowed: 5 or',
        ),
        ("TOCSIN_DATABASE", "sqlite:///x.db", "TOCSIN_DATABASE: names no key; write TOCSIN_DATABASE__KEY"),
        ("TOCSIN_LOG__", "INFO", "TOCSIN_LOG__: names no key"),
        ("TOCSIN_ALERTS__STEPP", "1", 'TOCSIN_ALERTS__STEPP: [alerts] has no key "stepp"; did you mean "step"?'),
        ("tocsin_logs__level", "INFO", "tocsin_logs__level: there is no section 'logs'; did you mean \"log\"?"),
        ("TOCSIN_CONSOLE__ENABLED", "maybe", 'TOCSIN_CONSOLE__ENABLED = "maybe": of the wrong type; allowed: true or'),
    ],
)
def test_a_faulty_variable_is_named_and_hides_no_other_fault(name: str, value: str, expected: str) -> None:
    with pytest.raises(StartError) as caught:
        load_config(None, {name: value, "TOCSIN_SCORING__MIN_EXCHANGES": "three"})
    assert len(caught.value.problems) == 2
    assert any(problem.startswith(f"environment: {expected}") for problem in caught.value.problems)


def test_a_fault_stays_on_one_line_whatever_the_value(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, '[log]\nlevel = "INFO\\nDEBUG"\n')
    assert "\n" not in problem
    assert r'log.level = "INFO\nDEBUG"' in problem


def test_a_mark_before_the_text_does_no_harm(tmp_path: Path) -> None:
    assert config_of(tmp_path, '\ufeff[log]\nlevel = "INFO"\n').log.level == "INFO"


def test_a_password_is_hidden_where_the_section_itself_is_mistaken(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, 'database = "postgresql://me:hunter2@host/db"\n')
    assert problems == (f"{tmp_path / 'config.toml'}: database = ***: must be a section: write [database] on a line",)
    with pytest.raises(StartError) as caught:
        load_config(None, {"TOCSIN_DATABASE": "postgresql://me:hunter2@host/db", "TOCSIN_DATABASE__URL__X": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_the_database_password_is_shown_nowhere(tmp_path: Path) -> None:
    config = config_of(tmp_path, '[database]\nurl = "postgresql://me:hunter2@host/db"\n')
    assert "hunter2" not in repr(config)
    (problem,) = problems_of(tmp_path, '[database]\nurl = ["postgresql://me:hunter2@host/db"]\n')
    assert "hunter2" not in problem


def test_lists_and_tables_in_the_environment_are_written_as_people_write_them() -> None:
    environment = {"TOCSIN_FEEDS__EXCHANGES": "okx, binance", "TOCSIN_FEEDS__HOSTS": "okx=http://one,gate=http://two"}
    feeds = load_config(None, environment).feeds
    assert feeds.exchanges == ["okx", "binance"]
    assert feeds.hosts == {"okx": "http://one", "gate": "http://two"}
    assert load_config(None, {"TOCSIN_FEEDS__EXCHANGES": '["okx"]'}).feeds.exchanges == ["okx"]


def test_a_broken_list_in_the_environment_is_a_fault_of_its_key() -> None:
    with pytest.raises(StartError) as caught:
        load_config(None, {"TOCSIN_FEEDS__EXCHANGES": "[okx", "TOCSIN_FEEDS__HISTORY_DAYS": "2"})
    assert [problem.split(" = ")[0] for problem in caught.value.problems] == [
        "environment: TOCSIN_FEEDS__EXCHANGES",
        "environment: TOCSIN_FEEDS__HISTORY_DAYS",
    ]

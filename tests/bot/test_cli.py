"""The command line as a person uses it: real processes, real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from bot.feeds.assets import is_tradfi
from tests.bot.feeds.test_form4 import document
from tests.shared_data import real

ROOT = Path(__file__).resolve().parents[2]
AT = "2026-04-26T12:00Z"


def tocsin(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")} | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write_data(folder: Path) -> None:
    hours = [
        f"2026-04-{day:02d}T{hour:02d}:00:00Z" for day in range(1, 27) for hour in (0, 8, 16) if (day, hour) <= (26, 8)
    ]
    rows = [f"{e},PUMPUSDT,PUMP,-0.0004,8,{at}" for e in ("binance", "okx", "gate") for at in hours]
    (folder / "funding.csv").write_text(
        "exchange,symbol,base_coin,rate,interval_hours,settled_at\n" + "\n".join(rows) + "\n"
    )
    (folder / "prices.csv").write_text(
        "base_coin,time,price\nPUMP,2026-04-19T12:00:00Z,100\nPUMP,2026-04-26T12:00:00Z,193\n"
    )
    (folder / "coins.csv").write_text("coin_id,symbol,name,market_cap_rank\npump-coin,PUMP,Pump Coin,\n")
    (folder / "filings").mkdir()
    for who in range(3):
        xml = (
            document(price=f"<value>{10 + who}</value>")
            .replace(b">77<", f">{77 + who}<".encode())
            .replace(b"Doe Jane", f"Doe Jane {chr(65 + who)}".encode())
        )
        (folder / "filings" / f"0000000001-26-00000{who}.xml").write_bytes(xml)


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    write_data(tmp_path)
    for kind, path in (
        ("funding", "funding.csv"),
        ("prices", "prices.csv"),
        ("coins", "coins.csv"),
        ("filings", "filings"),
    ):
        done = tocsin(tmp_path, "import", kind, path)
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_imported_data_is_asked_at_any_instant(imported: Path) -> None:
    pump = tocsin(imported, "ask", "/pump min=5", "--json", "--at", AT)
    assert pump.returncode == 0, pump.stderr
    (coin,) = json.loads(pump.stdout)["data"]["coins"]
    assert (coin["coin_id"], coin["score"], coin["signal_start_date"]) == ("pump-coin", 5.3, "2026-04-01T00:00:00Z")
    clusters = json.loads(tocsin(imported, "ask", "/clusters", "--json", "--at", AT).stdout)["data"]["clusters"]
    assert [(one["ticker"], one["insider_count"], one["total_value"]) for one in clusters] == [("AC-B", 3, 33000.0)]
    assert (
        json.loads(tocsin(imported, "ask", "/pump", "--json", "--at", "2026-04-02T00:00Z").stdout)["data"]["coins"]
        == []
    )


def test_importing_twice_adds_nothing(imported: Path) -> None:
    for kind, path in (
        ("funding", "funding.csv"),
        ("prices", "prices.csv"),
        ("coins", "coins.csv"),
        ("filings", "filings"),
    ):
        done = tocsin(imported, "import", kind, path)
        assert f"{kind}: 0 new" in done.stdout
        assert done.returncode == 0


def test_a_bad_row_is_told_and_the_exit_status_says_that_something_was_left_out(tmp_path: Path) -> None:
    write_data(tmp_path)
    with (tmp_path / "funding.csv").open("a") as file:
        file.write("okx,X,X,abc,8,2026-04-26T08:00:00Z\n")
    done = tocsin(tmp_path, "import", "funding", "funding.csv", "missing.csv")
    assert done.returncode == 1
    assert "funding: 231 new, 0 known already" in done.stdout
    assert "funding.csv:233: rate abc is not a number" in done.stderr
    assert "missing.csv: there is no such file" in done.stderr


def test_a_refresh_prints_what_changed_and_queues_what_was_asked_for(imported: Path) -> None:
    tocsin(imported, "ask", "/alert pump min=9", "--at", AT)
    first = tocsin(imported, "refresh", "--at", AT)
    assert first.returncode == 0, first.stderr
    assert "PUMP" in first.stdout
    assert "entered" in first.stdout
    again = json.loads(tocsin(imported, "refresh", "--json", "--at", "2026-04-26T12:30Z").stdout)
    assert again["data"]["movements"] == []


def test_an_error_answer_has_exit_status_1(imported: Path) -> None:
    done = tocsin(imported, "ask", "/pump min=11")
    assert done.returncode == 1
    assert "min=11 is out of range; min is a number from 0 to 10" in done.stdout
    assert tocsin(imported, "ask", "/pump min=11", "--json").returncode == 1


def test_check_tells_every_fault_and_does_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[scoring]\nmin_exchanges = "three"\n[alert]\n')
    done = tocsin(tmp_path, "check")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        'tocsin: config.toml: scoring.min_exchanges = "three": of the wrong type; allowed: a whole number from 1 to 13',
        'tocsin: config.toml: there is no section "alert"; did you mean "alerts"?',
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml"]
    assert tocsin(tmp_path, "run").returncode == 2


def test_a_good_config_passes(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    done = tocsin(tmp_path, "check")
    assert (done.returncode, done.stdout) == (0, "config.toml: good. Funding: exchanges.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", "/pump", "--database", "nosuchdb://x"), "an example that works: sqlite:///data/tocsin.db"),
        (("ask", "/pump", "--database", "sqlite:///notes.txt"), "file is not a database"),
        (("ask", "/pump", "--config", "none.toml"), "none.toml: there is no such file"),
        (("ask", "/pump", "--at", "noon"), "'noon' is not a time such as"),
        (("run", "--at", AT), "--at is for refresh and ask"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "notes.txt").write_text("my notes\n" * 200)
    done = tocsin(tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_run_without_a_config_rings_answers_and_stops_when_told(tmp_path: Path) -> None:
    env = dict(os.environ, PYTHONPATH=str(ROOT), TOCSIN_SIMULATION__CYCLE_SECONDS="0.2", TERM="xterm", NO_COLOR="1")
    child = pexpect.spawn(
        sys.executable,
        ["-m", "bot", "run"],
        cwd=str(tmp_path),
        env=env,
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 120),
    )
    child.expect("No config.toml was found: the market is SIMULATED")
    child.expect("NEW  WGMI")
    child.expect("ESCALATED  WGMI")
    child.send("/pump min=1\r")
    child.expect("WGMI")
    child.expect("RESOLVED  WGMI")
    child.kill(signal.SIGTERM)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    goes_on = tocsin(tmp_path, "refresh", "--json")
    assert json.loads(goes_on.stdout)["data"]["at"] > "2026-11-02T08:00:00Z"
    assert sorted(path.name for path in (tmp_path / "data").iterdir() if path.suffix in {".db", ""}) == [
        "console_history",
        "simulated.db",
    ]


def test_real_data_answers_every_question(tmp_path: Path) -> None:
    base = real("funding").parent
    for kind, paths in (
        ("funding", sorted((base / "funding").glob("s*.parquet"))),
        ("prices", sorted((base / "prices").glob("*.parquet"))),
        ("coins", [base / "coins" / "coins_2026-05-12.csv"]),
        ("filings", [base / "form4", base / "edgar" / "fulltxt"]),
    ):
        done = tocsin(tmp_path, "import", kind, *map(str, paths))
        assert done.returncode in {0, 1}, done.stderr
        assert " 0 new" not in done.stdout
    at = "2026-08-11T04:30Z"
    pump = json.loads(tocsin(tmp_path, "ask", "/pump limit=500", "--json", "--at", at).stdout)["data"]
    assert pump["count"] > 30
    assert all(0 <= one["score"] <= 10 and one["price_change_7d"] >= 0 for one in pump["coins"])
    assert not [one["symbol"] for one in pump["coins"] if is_tradfi(one["symbol"])]
    assert json.loads(tocsin(tmp_path, "ask", "/selling", "--json", "--at", at).stdout)["data"]["count"] == 20
    assert json.loads(tocsin(tmp_path, "ask", "/funding BTC", "--json", "--at", at).stdout)["data"]["data"]
    clusters = tocsin(tmp_path, "ask", "/clusters days=365 min_insiders=1", "--json", "--at", "2021-12-31T00:00Z")
    found = json.loads(clusters.stdout)["data"]["clusters"]
    assert {"ADGI"} <= {one["ticker"] for one in found if one["cluster_type"] == "BUY"}

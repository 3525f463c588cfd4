"""A recording on disk: what is one, and what is said of what is none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.errors import UserError
from bot.feeds.tape import INDEX, open_tape
from tests.tapes import record, said

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
RATES = "https://api.bourse.example/v1/rates"


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    change(index)
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


def test_a_recording_is_one_folder_a_refresh_in_the_order_of_time(tmp_path: Path) -> None:
    record(tmp_path, LATER, [said(RATES, [2])])
    tape = record(tmp_path, NOW, [said(RATES, [1])])
    assert [folder.path.name for folder in tape.folders] == ["20261125T123000Z", "20261125T130000Z"]
    assert tape.instants == (NOW, LATER)


def test_an_instant_of_another_zone_is_named_in_utc(tmp_path: Path) -> None:
    tape = record(tmp_path, NOW.astimezone(timezone(timedelta(hours=9))), [said(RATES, [1])])
    assert tape.folders[0].path.name == "20261125T123000Z"
    assert tape.instants == (NOW,)


def test_a_single_refresh_is_a_recording_too(tmp_path: Path) -> None:
    folder = record(tmp_path, NOW, [said(RATES, [1])]).folders[0]
    assert open_tape(folder.path).folders == (folder,)


def test_loose_files_and_hidden_folders_beside_the_refreshes_do_no_harm(tmp_path: Path) -> None:
    tape = record(tmp_path, NOW, [said(RATES, [1])])
    (tmp_path / "what-happened.txt").write_text("it rang twice", encoding="utf-8")
    (tmp_path / ".20261125T130000Z.part").mkdir()
    assert open_tape(tmp_path) == tape


def test_the_index_says_all_in_words_that_a_person_can_read(tmp_path: Path) -> None:
    answer = said(f"{RATES}?symbol=BTCUSDT", [1], headers={"retry-after": "7", "set-cookie": "session=1"})
    folder = record(tmp_path, NOW, [answer]).folders[0].path
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    assert index["format"] == 1
    assert index["now"] == "2026-11-25T12:30:00Z"
    (one,) = index["answers"]
    assert one["asked"] == {
        "method": "GET",
        "host": "api.bourse.example",
        "path": "/v1/rates",
        "params": [["symbol", "BTCUSDT"]],
        "body": None,
    }
    assert one["headers"] == {"content-type": "application/json", "retry-after": "7"}
    assert gzip.decompress((folder / one["file"]).read_bytes()) == b"[1]"


def test_equal_bodies_are_stored_once(tmp_path: Path) -> None:
    urls = [f"{RATES}/{symbol}" for symbol in "ABC"]
    folder = record(tmp_path, NOW, [said(url, [1, 2, 3]) for url in urls]).folders[0]
    assert len(list(folder.path.glob("*.gz"))) == 1
    assert [b"".join(folder.body(answer)) for answer in folder.answers()] == [b"[1, 2, 3]"] * 3


def test_the_same_answers_give_the_same_bytes_on_disk(tmp_path: Path) -> None:
    first, second = (record(tmp_path / name, NOW, [said(RATES, [1])]).folders[0].path for name in "ab")
    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in (first, second)]
    assert contents[0] == contents[1]


def test_a_folder_that_is_not_there_or_empty_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such folder"):
        open_tape(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no recorded refresh in it"):
        open_tape(tmp_path)


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda folder: (folder / INDEX).unlink(), r"20261125T130000Z: no index\.json in it"),
        (lambda folder: (folder / INDEX).write_text("{"), r"20261125T130000Z.index\.json: cannot be read"),
        (lambda folder: (folder / INDEX).write_text("[]"), r"index\.json: .* this is no index of a recording"),
        (lambda folder: (folder / INDEX).write_bytes(b"\xff\xfe\xfa"), r"index\.json: cannot be read"),
        (lambda folder: next(folder.glob("*.gz")).unlink(), r"20261125T130000Z: [0-9a-f]{32}\.gz is missing"),
        (lambda folder: rewrite(folder, lambda i: i.pop("now")), r"index\.json: now: Field required"),
        (lambda folder: rewrite(folder, lambda i: i["answers"][0].pop("asked")), r"answers\.0\.asked: Field req"),
        (lambda folder: rewrite(folder, lambda i: i["answers"][0].update(status=None)), "neither a status nor an"),
        (lambda folder: rewrite(folder, lambda i: i["answers"][0].update(error="sulks")), r"answers\.0\.error"),
        (lambda folder: rewrite(folder, lambda i: i.update(now="2026-11-25T13:00:00")), "now: .*timezone"),
    ],
)
def test_a_broken_folder_is_named_with_what_is_wrong_in_it(
    tmp_path: Path, break_it: Callable[[Path], object], told: str
) -> None:
    record(tmp_path, NOW, [said(RATES, [1])])
    break_it(record(tmp_path, LATER, [said(RATES, [1])]).folders[1].path)
    with pytest.raises(UserError, match=told):
        open_tape(tmp_path)


def test_a_folder_of_a_newer_tocsin_says_that_it_is_newer(tmp_path: Path) -> None:
    folder = record(tmp_path, NOW, [said(RATES, [1])]).folders[0].path
    rewrite(folder, lambda index: index.update(format=2, tocsin="9.1.0", surprise=True))
    with pytest.raises(UserError, match=r"format 2 of tocsin 9\.1\.0, and this one reads up to 1: update tocsin"):
        open_tape(tmp_path)


def test_a_recording_of_a_stranger_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "private.gz").write_bytes(gzip.compress(b"private"))
    folder = record(tmp_path / "tape", NOW, [said(RATES, [1])]).folders[0].path
    rewrite(folder, lambda index: index["answers"][0].update(file="../../private.gz"))
    with pytest.raises(UserError, match=r"answers\.0\.file"):
        open_tape(tmp_path / "tape")


@pytest.mark.parametrize("damage", [lambda b: b[:-4], lambda b: b[:20] + b"\0" + b[21:], lambda b: b"PK" + b])
def test_a_damaged_body_is_named_when_it_is_read(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    folder = record(tmp_path, NOW, [said(RATES, list(range(100)))]).folders[0]
    (answer,) = folder.answers()
    path = folder.path / str(answer.file)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=rf"{answer.file}: damaged"):
        list(folder.body(answer))


def test_a_gzipped_body_that_was_cut_short_is_named_too(tmp_path: Path) -> None:
    content = gzip.compress(b"[1, 2, 3]")
    folder = record(tmp_path, NOW, [said(RATES, content, headers={"content-encoding": "gzip"})]).folders[0]
    (answer,) = folder.answers()
    assert b"".join(folder.body(answer)) == content
    path = folder.path / str(answer.file)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=f"damaged .{len(content) - 1} of {len(content)} bytes"):
        list(folder.body(answer))

"""A cassette in its file: exact, readable, private, and refused in one sentence where it is broken."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.fake.cassettes.cassette import Cassette, Request, as_body
from chatapp.fake.cassettes.folder import BadCassette, CassetteWriter, read_folder
from chatapp.fake.cassettes.replayer import ReplayingServer
from tests.unit.cassettes_made import Reads, taped

reads = st.lists(st.tuples(st.floats(0, 86_400_000), st.binary(max_size=12)), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def there_and_back(cassette: Cassette) -> Cassette:
    with tempfile.TemporaryDirectory() as folder:
        CassetteWriter(Path(folder)).write(cassette)
        (read,) = read_folder(Path(folder)).values()
        return read


@given(reads)
def test_any_bytes_split_anywhere_come_back_with_their_times(pieces: Reads) -> None:
    assert list(there_and_back(taped(pieces)).response.reads()) == pieces


@given(st.text(), st.data())
def test_a_text_that_is_split_inside_its_characters_comes_back(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    cut = data.draw(st.integers(0, len(whole)))

    pieces = [(1.0, whole[:cut]), (2.0, whole[cut:])]

    assert list(there_and_back(taped(pieces)).response.reads()) == pieces


@given(values)
def test_any_body_comes_back(body: object) -> None:
    assert there_and_back(taped([], body=body)).request.body == body


def test_a_body_with_half_a_character_in_it_comes_back() -> None:
    body = as_body(b'{"content": "\\ud83d"}')

    assert there_and_back(taped([], body=body)).request.body == {"content": "\ud83d"}


def test_a_body_is_shown_as_json_as_text_or_as_base64() -> None:
    shown = [as_body(body) for body in (b"", b'{"n": 1}', b"a=b", b"\xff")]

    assert shown == [None, {"n": 1}, "a=b", {"base64": "/w=="}]


def test_a_file_can_be_read_by_people(tmp_path: Path) -> None:
    pieces = [(12.5, "data: grüß".encode()), (40.0, b"\xf0\x9f"), (41.0, b'data: "x"\n\n')]

    file = CassetteWriter(tmp_path).write(taped(pieces, body={"messages": [{"content": "Grüße"}]}))

    assert file.name == "0001-post-chat-completions.json"
    lines = file.read_text("utf-8").splitlines()
    assert '          "content": "Grüße"' in lines
    begin = lines.index('    "pieces": [')
    assert lines[begin + 1 : begin + 5] == [
        '      [12.5, "data: grüß"],',
        '      [40.0, {"base64": "8J8="}],',
        '      [41.0, "data: \\"x\\"\\n\\n"]',
        "    ],",
    ]


def test_a_body_that_looks_like_a_list_of_pieces_confuses_nothing() -> None:
    body = {"pieces": [], "text": '"pieces": []'}

    cassette = there_and_back(taped([(1.0, b"x")], body=body))

    assert cassette.request.body == body
    assert list(cassette.response.reads()) == [(1.0, b"x")]


def test_only_its_owner_can_read_a_file_and_nothing_half_written_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tapes"

    file = CassetteWriter(folder).write(taped([]))

    assert file.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [file]


def test_files_are_numbered_after_the_last_one_there_is(tmp_path: Path) -> None:
    CassetteWriter(tmp_path).write(taped([])).rename(tmp_path / "9999-mine.json")
    (tmp_path / "notes.txt").write_text("not a cassette")

    names = [CassetteWriter(tmp_path).write(taped([], path=path)).name for path in ("/models/ä?b", "")]

    assert names == ["10000-post-models-b.json", "10001-post.json"]
    assert list(read_folder(tmp_path)) == ["9999-mine.json", *names]


def test_a_folder_that_is_missing_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCassette, match=r"The folder of cassettes .*/none cannot be read: No such file or directory"):
        ReplayingServer(tmp_path / "none")
    with pytest.raises(BadCassette, match="There is no cassette in the folder"):
        ReplayingServer(tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ended": "later"}, "ended"),
        ({"pieces": [[-1, "x"]]}, "pieces"),
        ({"pieces": [[1, "\ud83d"]]}, "surrogates not allowed"),
        ({"pieces": [[1, {"base64": "?"}]]}, "base64"),
        ({"headers": {"x-request-id": "a\r\nset-cookie: b"}}, "headers"),
        ({"headers": {"x-a": "v\n"}}, "headers"),
        ({"headers": {"x-a\n": "v"}}, "headers"),
        ({"headers": {"Content-Length": "1"}}, "must not have content-length"),
        ({"headers": {"transfer-encoding": "chunked"}}, "must not have transfer-encoding"),
        ({"status": 101}, "status"),
        ({"status": 204}, "with the “status” 204 there are no “pieces”"),
        ({"status": None}, "without a “status”"),
        ({"speed": 2}, "speed"),
    ],
)
def test_a_broken_cassette_is_refused_by_its_name(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    file = CassetteWriter(tmp_path).write(taped([(1.0, b"x")]))
    value = json.loads(file.read_text("utf-8"))
    value["response"].update(change)
    file.write_text(json.dumps(value), "utf-8")

    with pytest.raises(BadCassette, match=rf"0001-post-chat-completions.json cannot be used: .*{reason}"):
        ReplayingServer(tmp_path)


def test_a_file_that_is_no_json_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{")

    with pytest.raises(BadCassette, match=r"mine\.json cannot be used: Expecting property name"):
        ReplayingServer(tmp_path)


def test_an_answer_to_head_has_no_pieces() -> None:
    response = taped([(1.0, b"x")]).response

    with pytest.raises(ValueError, match="with the “method” HEAD there are no “pieces”"):
        Cassette(request=Request(method="HEAD", path="/"), response=response)


def test_the_names_of_headers_may_be_written_in_capitals(tmp_path: Path) -> None:
    file = CassetteWriter(tmp_path).write(taped([(1.0, b"x")]))
    file.write_text(file.read_text("utf-8").replace("content-type", "Content-Type"), "utf-8")

    (cassette,) = read_folder(tmp_path).values()

    assert cassette.response.headers == {"content-type": "text/event-stream"}


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    good = taped([])
    late = msgspec.structs.replace(good.response, ended_milliseconds=86_400_001.0)
    odd = msgspec.structs.replace(good.response, headers={"x-ratelimit-a/b": "1"})

    for response in (late, odd):
        with pytest.raises(BadCassette, match="could not be read again"):
            CassetteWriter(tmp_path).write(msgspec.structs.replace(good, response=response))

    assert not list(tmp_path.iterdir())


def test_two_recorders_on_one_folder_replace_nothing(tmp_path: Path) -> None:
    writers = [CassetteWriter(tmp_path) for _ in range(4)]

    with ThreadPoolExecutor(len(writers)) as pool:
        files = list(pool.map(lambda number: writers[number % 4].write(taped([], body=number)), range(40)))

    assert len(set(files)) == 40
    assert sorted(each.request.body for each in read_folder(tmp_path).values()) == list(range(40))


def test_hidden_files_are_not_read(tmp_path: Path) -> None:
    file = CassetteWriter(tmp_path).write(taped([]))
    (tmp_path / f"._{file.name}").write_bytes(b"\x00")

    assert list(read_folder(tmp_path)) == [file.name]

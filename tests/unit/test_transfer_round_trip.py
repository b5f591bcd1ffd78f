"""Whatever is exported comes back as it was, whatever has happened to a file on its way breaks nothing."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.adapters.memory import MemoryArchive
from chatapp.domain.errors import InvalidRequest
from chatapp.domain.transfer import Imported, Limits, import_chatgpt, import_jsonl
from tests.chatgpt_files import exported
from tests.unit.archives import ME, archive_of, archives, chunked, file_of, kept

SMALL = Limits(batch_messages=2, batch_characters=30)
CHATGPT = b"".join(exported(3, messages=4))

MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "repeat", "cut"]),
        st.floats(0, 1),
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b",", b"\n", b"null", b"\0", b"1e999", b"\\ud800"]),
        ),
    ),
    min_size=1,
    max_size=5,
)


def mutated(content: bytes, mutations: list[tuple[str, float, bytes]]) -> bytes:
    for kind, where, piece in mutations:
        place = int(where * len(content))
        end = place + 1 + len(piece)
        if kind == "replace":
            content = content[:place] + piece + content[end:]
        elif kind == "insert":
            content = content[:place] + piece + content[place:]
        elif kind == "delete":
            content = content[:place] + content[place + 50 * len(piece) :]
        elif kind == "repeat":
            content = content[:place] + content[max(0, place - 200) : place] + content[place:]
        else:
            content = content[:place]
    return content


@settings(max_examples=50)
@given(archives(), st.integers(1, 500))
def test_export_import_export_is_byte_for_byte_the_same(archive: MemoryArchive, size: int) -> None:
    content, there = file_of(archive), archive_of()

    assert import_jsonl(there, ME, chunked(content, size), SMALL).left_out == ()
    assert file_of(there) == content


@settings(max_examples=50)
@given(archives(), st.integers(1, 500))
def test_importing_what_is_there_changes_nothing(archive: MemoryArchive, size: int) -> None:
    before, content = kept(archive), file_of(archive)

    result = import_jsonl(archive, ME, chunked(content, size), SMALL)

    assert result == Imported(0, 0, len(content.splitlines()) - 2 - len(before), ())
    assert kept(archive) == before


@settings(max_examples=50)
@given(archives(), MUTATIONS)
def test_a_file_of_ours_that_was_damaged_breaks_nothing(
    archive: MemoryArchive, mutations: list[tuple[str, float, bytes]]
) -> None:
    damaged, there = mutated(file_of(archive), mutations), archive_of()

    try:
        import_jsonl(there, ME, chunked(damaged, 50), SMALL)
    except InvalidRequest:
        return
    assert import_jsonl(there, ME, chunked(damaged, 50), SMALL).messages == 0
    assert all_stand_in_their_trees(there)
    content, again = file_of(there), archive_of()
    import_jsonl(again, ME, [content])
    assert file_of(again) == content


@given(MUTATIONS)
def test_a_file_of_chatgpt_that_was_damaged_breaks_nothing(mutations: list[tuple[str, float, bytes]]) -> None:
    damaged, there = mutated(CHATGPT, mutations), archive_of()

    try:
        import_chatgpt(there, ME, chunked(damaged, 1000), SMALL)
    except InvalidRequest:
        return
    before = kept(there)
    assert import_chatgpt(there, ME, chunked(damaged, 997), SMALL).messages == 0
    assert kept(there) == before
    assert all_stand_in_their_trees(there)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "mapping",
                        "message",
                        "parent",
                        "children",
                        "content",
                        "parts",
                        "author",
                        "role",
                        "metadata",
                        "user",
                        "a",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.integers(0, 200),
)
def test_values_of_any_kind_in_any_place_break_nothing(value: object, place: int) -> None:
    """Put a value of any kind into a conversation of ChatGPT's in the place of another."""
    talks = json.loads(CHATGPT)
    put(talks, place, value)
    there = archive_of()

    try:
        import_chatgpt(there, ME, [json.dumps(talks).encode()])
    except InvalidRequest:
        return
    assert all_stand_in_their_trees(there)


def put(value: object, place: int, other: object) -> None:
    """Put ``other`` into the place-th of all places in a value."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ():
            if place == 0:
                holder[key] = other  # type: ignore[index]  # it is one of both
                return
            place -= 1
            waiting.append(holder[key])  # type: ignore[index]  # it is one of both


def all_stand_in_their_trees(archive: MemoryArchive) -> bool:
    for conversation, messages in kept(archive):
        seen: set[str | None] = {None}
        for message in messages:
            if message.parent_id not in seen:
                return False
            seen.add(message.id)
        if conversation.leaf_id not in seen:
            return False
    return True

"""What every storage promises when many do the same at the same moment."""

from concurrent.futures import ThreadPoolExecutor

from chatapp.domain.kept import Asked, Opening, Piece
from tests.contracts.storage import ALICE, OWNER, Storage, asked, at, ended, opening

THREADS = 8


def test_of_many_who_end_a_reply_only_one_does(kept: Storage) -> None:
    kept.begin(opening())
    ends = [ended(text=str(number)) for number in range(2 * THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(lambda end: kept.finish(end, OWNER), ends))

    assert done.count(True) == 1
    assert kept.reply("r1").text == str(done.index(True))


def test_of_many_who_ask_under_one_client_id_only_one_is_kept(kept: Storage) -> None:
    def ask(question: Opening) -> Asked | None:
        return kept.open(question, OWNER)

    questions = [opening(number, asked=asked(number)) for number in range(1, 1 + 2 * THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        before = list(pool.map(ask, questions))

    (winner,) = [question.asked for question, found in zip(questions, before, strict=True) if found is None]
    assert winner is not None
    assert {found for found in before if found is not None} == {winner}
    assert kept.replies.running(ALICE) == [winner.reply_id]


def test_pieces_from_many_threads_are_all_kept(kept: Storage) -> None:
    numbers = range(1, 1 + THREADS)
    for number in numbers:
        kept.begin(opening(number), owner=f"process-{number}")

    def add_all(number: int) -> None:
        for digit in range(10):
            kept.replies.checkpoint(f"process-{number}", {f"r{number}": Piece(digit, str(digit))})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add_all, numbers))

    assert {kept.reply(f"r{number}").text for number in numbers} == {"0123456789"}


def test_an_end_among_checkpoints_is_whole(kept: Storage) -> None:
    kept.begin(opening())
    pieces = [{"r1": Piece(number, "x")} for number in range(THREADS)]

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(kept.replies.checkpoint, OWNER, piece) for piece in pieces]
        done = pool.submit(kept.finish, ended(text="the whole answer"), OWNER)

    assert done.result()
    assert all(each.result() in ({"r1": False}, {}) for each in running)
    assert kept.reply("r1").text == "the whole answer"


def test_the_first_key_is_made_once(storage: Storage) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        seen = list(pool.map(lambda _: storage.visitors.keys(), range(2 * THREADS)))

    assert len(seen[0]) == 1
    assert all(keys == seen[0] for keys in seen)


def test_a_link_to_another_device_serves_only_one_of_many(kept: Storage) -> None:
    kept.visitors.add_handoff("digest", ALICE, at(600))

    with ThreadPoolExecutor(THREADS) as pool:
        taken = list(pool.map(lambda _: kept.visitors.take_handoff("digest", at(1)), range(2 * THREADS)))

    assert taken.count(ALICE) == 1


def test_visits_from_many_threads_are_all_counted(storage: Storage) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        counts = list(pool.map(lambda _: storage.visitors.count_visit("address", 1), range(2 * THREADS)))

    assert sorted(counts) == list(range(1, 1 + 2 * THREADS))

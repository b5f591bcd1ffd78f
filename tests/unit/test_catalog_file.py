"""The catalogue as a file: the built-in one, and the owner's."""

from datetime import date
from pathlib import Path

import pytest

from chatapp.adapters.catalog_file import BadCatalog, read_catalog
from chatapp.domain.entities import LongPrompt, ModelCard, Price

SIX = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-3.5-turbo"]
DAY = date(2026, 11, 22)
MINIMAL = "context_tokens = 1000\nmax_output_tokens = 100\n"


@pytest.fixture
def owners_file(tmp_path: Path) -> Path:
    return tmp_path / "models.toml"


def model_in(owners_file: Path, fields: str, name: str = "mine") -> ModelCard:
    owners_file.write_text(f'as_of = 2026-11-22\n[models."{name}"]\n{fields}', "utf-8")
    return next(card for card in read_catalog(owners_file) if card.id == name)


def test_the_built_in_models_are_the_six_and_their_replacement() -> None:
    assert [card.id for card in read_catalog()] == [*SIX, "gpt-6-luna"]


@pytest.mark.parametrize(
    ("name", "context", "output", "shutdown", "price"),
    [
        ("gpt-4o", 128_000, 16_384, date(2027, 1, 14), Price(2_500_000_000, 10_000_000_000, DAY, 1_250_000_000)),
        ("gpt-4o-mini", 128_000, 16_384, date(2027, 1, 14), Price(150_000_000, 600_000_000, DAY, 75_000_000)),
        ("gpt-4.1", 1_047_576, 32_768, date(2027, 1, 14), Price(2_000_000_000, 8_000_000_000, DAY, 500_000_000)),
        ("gpt-4.1-mini", 1_047_576, 32_768, date(2027, 1, 14), Price(400_000_000, 1_600_000_000, DAY, 100_000_000)),
        ("gpt-4.1-nano", 1_047_576, 32_768, date(2026, 10, 23), Price(100_000_000, 400_000_000, DAY, 25_000_000)),
        ("gpt-3.5-turbo", 16_385, 4_096, date(2026, 10, 23), Price(500_000_000, 1_500_000_000, DAY)),
    ],
)
def test_a_built_in_model_is_as_openai_published_it(
    name: str, context: int, output: int, shutdown: date, price: Price
) -> None:
    card = next(card for card in read_catalog() if card.id == name)

    encoding = "cl100k_base" if name == "gpt-3.5-turbo" else "o200k_base"
    assert card == ModelCard(name, context, output, price, shutdown, replacement="gpt-6-luna", encoding=encoding)


def test_the_replacement_is_a_reasoning_model_with_prices_of_its_own() -> None:
    luna = next(card for card in read_catalog() if card.id == "gpt-6-luna")

    assert (luna.reasoning, luna.shutdown_date, luna.replacement) == (True, None, None)
    assert luna.price == Price(100_000_000, 500_000_000, DAY, 10_000_000, 125_000_000, LongPrompt(272_000, 200, 150))


def test_a_model_of_the_owner_is_added_to_the_others(owners_file: Path) -> None:
    card = model_in(owners_file, MINIMAL)

    assert card == ModelCard("mine", 1000, 100)
    assert [card.id for card in read_catalog(owners_file)] == [*SIX, "gpt-6-luna", "mine"]


def test_a_model_of_the_owner_takes_the_place_of_a_built_in_one(owners_file: Path) -> None:
    card = model_in(owners_file, MINIMAL + 'price = { input = "1", output = "2" }', name="gpt-4o")

    assert card == ModelCard("gpt-4o", 1000, 100, Price(1_000_000_000, 2_000_000_000, DAY))
    assert [card.id for card in read_catalog(owners_file)] == [*SIX, "gpt-6-luna"]


def test_a_model_may_say_everything_about_itself(owners_file: Path) -> None:
    card = model_in(
        owners_file,
        MINIMAL
        + """
        shutdown_date = 2030-01-01
        replacement = "gpt-4o"
        reasoning = true
        old_token_cap = true
        encoding = "cl100k_base"
        price = { input = "0.000000001", cached_input = "0", cache_write = "1.5", output = "3" }
        long_prompt = { above_tokens = 5, input_factor = "1.25", output_factor = "2" }
        """,
    )

    price = Price(1, 3_000_000_000, DAY, 0, 1_500_000_000, LongPrompt(5, 125, 200))
    assert card == ModelCard(
        "mine",
        1000,
        100,
        price,
        date(2030, 1, 1),
        "gpt-4o",
        reasoning=True,
        old_token_cap=True,
        encoding="cl100k_base",
    )


@pytest.mark.parametrize(("factor", "percent"), [("1.255", 126), ("1.001", 101), ("2.000", 200), ("0.5", 50)])
def test_a_factor_finer_than_a_percent_is_rounded_up(owners_file: Path, factor: str, percent: int) -> None:
    long_prompt = f'long_prompt = {{ above_tokens = 5, input_factor = "{factor}", output_factor = "1" }}'

    card = model_in(owners_file, MINIMAL + 'price = { input = "1", output = "1" }\n' + long_prompt)

    assert card.price is not None
    assert card.price.long_prompt == LongPrompt(5, percent, 100)


def test_a_price_finer_than_a_nano_dollar_is_rounded_up(owners_file: Path) -> None:
    card = model_in(owners_file, MINIMAL + 'price = { input = "0.0000000001", output = "1" }')

    assert card.price is not None
    assert card.price.input_nano_usd == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ("max_output_tokens = 100", "mine: “context_tokens” is missing"),
        (MINIMAL + 'encoding = "gpt2"', "mine: “encoding” must be one of: o200k_base, cl100k_base."),
        ("context_tokens = 0\nmax_output_tokens = 100", "“context_tokens” must be a number of tokens, from 1"),
        ("context_tokens = true\nmax_output_tokens = 100", "“context_tokens” must be a number of tokens"),
        ('context_tokens = "many"\nmax_output_tokens = 100', "“context_tokens” must be a whole number"),
        ("context_tokens = 1.5\nmax_output_tokens = 100", "“context_tokens” must be a whole number"),
        (MINIMAL + "contxt = 1", "there is no field “contxt”"),
        (MINIMAL + 'shutdown_date = "2027-01-14"', "“shutdown_date” must be a date like 2027-01-14"),
        (MINIMAL + "shutdown_date = 2027-01-14T00:00:00", "“shutdown_date” must be a date like 2027-01-14"),
        (MINIMAL + "replacement = 4", "“replacement” must be text in quotes"),
        (MINIMAL + 'reasoning = "yes"', "“reasoning” must be true or false"),
        (MINIMAL + 'price = "free"', "“price” must be a table"),
        (MINIMAL + 'price = { input = "1" }', "mine: price: “output” is missing"),
        (MINIMAL + 'price = { input = 0.15, output = "1" }', "“input” must be text in quotes"),
        (MINIMAL + 'price = { input = "cheap", output = "1" }', 'must be a number in quotes, like "0.15"'),
        (MINIMAL + 'price = { input = "-1", output = "1" }', "must not be below zero"),
        (MINIMAL + 'price = { input = "NaN", output = "1" }', "must not be below zero"),
        (MINIMAL + 'price = { input = "Infinity", output = "1" }', "must not be below zero"),
        (MINIMAL + 'price = { input = "1", output = "1", batch = "1" }', "price: there is no field “batch”"),
        (MINIMAL + 'price = { input = "1", output = "1" }\nlong_prompt = { above_tokens = 1 }', "“input_factor” is"),
    ],
)
def test_what_is_wrong_in_a_model_is_named(owners_file: Path, fields: str, sentence: str) -> None:
    with pytest.raises(BadCatalog, match=sentence):
        model_in(owners_file, fields)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not toml", "not TOML"),
        (b"[models]\n", "“as_of” is missing"),
        (b"as_of = 2026-11-22\n", "“models” is missing"),
        (b"as_of = 2026-11-22T10:00:00\n[models]\n", "“as_of” must be a date"),
        (b"as_of = 2026-11-22\nmodels = 3\n", "“models” must be a table"),
        (b"as_of = 2026-11-22\n[models]\nmine = 3\n", "line 3: mine: this must be a table"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(owners_file: Path, content: bytes, sentence: str) -> None:
    owners_file.write_bytes(content)

    with pytest.raises(BadCatalog, match=sentence):
        read_catalog(owners_file)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('as_of = 2026-11-22\n\n[models."mine"]\nmax_output_tokens = 1\n\n[models.other]\ncontext_tokens = 1\n', 3),
        ("as_of = 2026-11-22\n[models.mine]\ncontext_tokens = 5\nmax_output_tokens = 0\n", 4),
        ("as_of = 2026-11-22\n[models]\n'mine' = { context_tokens = 5, max_output_tokens = 0 }\n", 3),
        ('as_of = 2026-11-22\n[models.mine]\ncontext_tokens = 5\nmax_output_tokens = 1\nprice = { input = "x" }\n', 5),
        ("as_of = 2026-11-22\n[models.a]\ncontext_tokens = 5\nmax_output_tokens = 1\n[models.a.price]\ninput = 1\n", 6),
        ("\n\nas_of = 5\n[models]\n", 3),
    ],
    ids=["a field is missing", "a field", "in one line", "in a price", "a price as a table", "the date"],
)
def test_the_line_of_what_is_wrong_is_named(owners_file: Path, content: str, line: int) -> None:
    owners_file.write_text(content)

    with pytest.raises(BadCatalog, match=rf"^The catalogue .*models\.toml, line {line}: "):
        read_catalog(owners_file)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadCatalog, match="cannot be read"):
        read_catalog(tmp_path / name)

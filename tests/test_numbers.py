"""Numbers in every way of writing them: what agrees by value, and what must not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.numbers import amounts, missing_numbers, with_plain_numbers


def agree(one, other):
    """Say whether each text has the numbers of the other."""
    return not missing_numbers(one, other) and not missing_numbers(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It costs 4.2 million.", "4,2 miljoen euro"),
        ("€ 50", "€ 50,00"),
        ("€ 50,-", "50.0 euro"),
        ("12 500 euro", "12.500 euro"),
        ("12\u202f500", "12,500"),
        ("12\u00a0500,50", "12'500.5"),
        ("1 234 567", "1.234.567"),
        ("1,00,000", "100000"),
        ("1.234,50", "1,234.5"),
        ("14.30", "14:30 uur"),
        ("14h30", "14u30"),
        ("14时30分", "14:30"),
        ("om 9.00 uur", "9 uur"),
        ("16:00", "16 uur"),
        ("om 16u", "16:00 Uhr"),
        ("4 p.m.", "16:00"),
        ("de 9 à 17 heures", "9:00 - 17:00"),
        ("الساعة 16", "16:00"),
        ("16点", "16:00"),
        ("3.10 Vergoedingen", "artikel 3.10"),
        ("§ 3.10", "Artikel 3.10"),
        ("versie 3.0", "versie 3"),
        ("第3.10条", "3.10条"),
        ("09:00", "9:00"),
        ("2 pm", "14:00"),
        ("2.30 p.m.", "14:30"),
        ("2023", "2023¹"),
        ("15½", "15½"),
        ("15½", "15,5"),
        ("½", "0,5"),
        ("25 m2", "25 m²"),
        ("١٢٬٥٠٠", "12.500"),
        ("١٫٥", "1,5"),
        ("१२,५००", "12500"),
        ("１２，５００", "12.500"),
        ("10-15 procent", "10 tot 15%"),
        ("-228", "228"),
        ("007", "7"),
        ("(01-02-2024)", "2024-02-01"),
        ("1/2/2024", "01.02.2024"),
        ("2024年2月1日", "1-2-2024"),
        ("070-123 45 67", "(070) 1234567"),
        ("070-123 45 67", "0701234567"),
        ("1,2,3", "1 en 2 en 3"),
        ("versie 1.2.3", "v1.2.3"),
        # A point before three digits may be of thousands or of decimals.
        ("1.500", "1500"),
        ("1.500", "1,5"),
        # Counting in ten thousands is no matter of digits.
        ("15 million people", "人口1500万"),
        ("Nothing.", ""),
    ],
)
def test_a_number_agrees_with_itself_however_it_is_written(one, other):
    assert agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("125,00 euro", "12.500 euro"),
        ("1.250,0 euro", "12.500 euro"),
        ("€ 500,0", "€ 50,00"),
        ("5 euro", "€ 50,00"),
        ("1,5 procent", "15 procent"),
        ("12 euro", "12.000 euro"),
        ("12.5", "125"),
        ("0,125", "125"),
        ("500 euro", "12 500 euro"),
        ("€ 12", "€ 12 500"),
        ("500", "12\u202f500"),
        ("14.30", "14:03"),
        ("18 jaar", "18:00"),
        ("14 euro", "2 p.m."),
        ("artikel 3.10", "artikel 3.1"),
        ("art. 3.10.1", "art. 3.1.1"),
        ("version 3.10", "Version 3.1"),
        ("第3.10条", "第3.1条"),
        ("المادة 3.10", "المادة 3.1"),
        ("14:30", "1430"),
        ("20231", "2023¹"),
        ("151", "15½"),
        ("01-03-2024", "01-02-2024"),
        ("1.2.3", "1.2.4"),
        ("1.2.3", "123"),
        ("070-1234567", "070-1234568"),
        ("9" * 5000, "9" * 5001),
    ],
)
def test_different_numbers_do_not_agree(one, other):
    assert missing_numbers(one, other)
    assert missing_numbers(other, one)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("1. The works last 30 days.", "30 dagen"),
        ("600 people", "Totaal 500 600"),
        ("15.000", "Assen 12 500 15 000"),
        ("1 februari 2024", "01-02-2024"),
        ("01-02-2024", "1 februari 2024"),
        ("01-02-2024", "February 1st, 2024, and 03-04-2025"),
        ("01-02-2024", "in 2024, op dinsdag 1 februari"),
    ],
)
def test_a_text_may_say_more_than_a_claim(claim, text):
    assert not missing_numbers(claim, text)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("150 euro", "Categorie 1 100 euro Categorie 2 150 euro"),
        ("Categorie 2 150 euro", "Categorie 2: 150 euro"),
        ("€ 2 150", "2 maal 150"),
    ],
)
def test_an_amount_may_stand_behind_another_number(claim, text):
    assert missing_numbers(claim, text)
    assert not missing_numbers(claim, text, apart=True)


def test_an_amount_is_no_more_than_its_parts():
    assert missing_numbers("175 euro", "Categorie 2 150 euro", apart=True)
    assert missing_numbers("Categorie 2 175 euro", "Categorie 2: 150 euro", apart=True)


def test_a_date_of_a_month_in_words_needs_its_own_year():
    assert missing_numbers("01-02-2024", "1 februari 2023, 05-06-2024")


@pytest.mark.parametrize(
    ("claim", "small"),
    [
        ("12", True),
        ("5,00", True),
        ("2½", True),
        ("٥", True),
        ("13", False),
        ("1,5", False),
        ("5:30", False),
        ("5:00", True),
        ("1.2.3", False),
        ("01-02-2024", False),
        ("14½", False),
    ],
)
def test_a_small_number_may_be_spelt_out(claim, small):
    assert [numeral.small for numeral in missing_numbers(claim, "")] == [small]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 500 euro", "12500 euro"),
        ("14.30 of 14:30", "14.3 of 14.3"),
        ("1.250,0 (2023¹)", "1250 2023"),
        ("op 2024-02-01", "op 2024 2 1"),
        ("2022年10月1日", "2022年10月1日"),
        ("$5 ± 3%, 15½!", "5 3 15.5"),
        ("a.b", "a b"),
    ],
)
def test_numbers_are_written_in_one_way(text, expected):
    assert with_plain_numbers(text).split() == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.500 and 0.125", [1500, 0.125]),
        ("50 100", [50100, 50, 100]),
        ("01-02-2024 at 14:30", [1, 2, 2024]),
        ("v1.2.3", []),
        ("9" * 5000, [float("inf")]),
    ],
)
def test_amounts_are_read_as_they_are_likeliest_meant(text, expected):
    assert sorted(amounts(text)) == sorted(expected)


WHOLE = st.integers(0, 10**15)
CENTS = st.integers(0, 99)
DIGITS = [
    str.maketrans("0123456789", digits)
    for digits in ("٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９")
]
WAYS = {
    "plain": lambda whole, cents: f"{whole}.{cents:02}",
    "comma": lambda whole, cents: f"{whole},{cents:02}",
    "English": lambda whole, cents: f"{whole:,}.{cents:02}",
    "Dutch": lambda whole, cents: f"{whole:,}".replace(",", ".") + f",{cents:02}",
    "Swiss": lambda whole, cents: f"{whole:,}".replace(",", "’") + f".{cents:02}",
    "French": lambda whole, cents: f"{whole:,}".replace(",", "\u202f") + f",{cents:02}",
    "Arabic": lambda whole, cents: (
        f"{whole:,}".replace(",", "٬").translate(DIGITS[0]) + f"٫{cents:02}".translate(DIGITS[0])
    ),
    "Hindi": lambda whole, cents: f"{whole}.{cents:02}".translate(DIGITS[1]),
    "full width": lambda whole, cents: f"{whole}.{cents:02}".translate(DIGITS[2]),
}
WAY = st.sampled_from(sorted(WAYS))


@settings(deadline=None)
@given(WHOLE, CENTS, WAY, WAY)
def test_any_amount_agrees_with_itself_in_any_two_ways(whole, cents, one, other):
    assert agree(f"€ {WAYS[one](whole, cents)}.", f"({WAYS[other](whole, cents)})")


@settings(deadline=None)
@given(WHOLE, CENTS, WHOLE, CENTS, WAY, WAY)
def test_different_amounts_never_agree(whole, cents, other_whole, other_cents, one, other):
    different = (whole, cents) != (other_whole, other_cents)
    missing = missing_numbers(
        f"€ {WAYS[one](whole, cents)}", f"€ {WAYS[other](other_whole, other_cents)}"
    )
    assert bool(missing) is different


@settings(deadline=None)
@given(WHOLE, st.integers(1, 9))
def test_a_digit_more_is_another_number(whole, digit):
    assert missing_numbers(f"{whole}{digit}", f"{whole},{digit}")
    assert missing_numbers(f"{whole},{digit}", f"{whole}{digit}")


@settings(deadline=None)
@given(st.text("0159 .,:'-/+()¹½⁄٫٬年月hu€", max_size=60), st.text(max_size=20))
def test_a_text_has_its_own_numbers(text, more):
    assert not missing_numbers(text, text)
    assert not missing_numbers(text, f"{text}\n{more}")


@pytest.mark.parametrize("text", ["1", "00 ", "00 00.", "1.", "1 ", "½", "1a ", "1 " + "a" * 99])
def test_long_texts_are_read_to_their_end(text):
    long = text * (5_000 // len(text))
    assert not missing_numbers(long, long)
    assert with_plain_numbers(long)

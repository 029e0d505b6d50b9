"""What the numbers of an Excel workbook are: dates, shares, amounts of money, or just numbers.

Knows formats of numbers; nothing of cells or sheets.
"""

import datetime
from decimal import Decimal, InvalidOperation

import regex
from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_GENERAL = "General"

_LITERAL = regex.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_CURRENCY = regex.compile(r'\[\$([^\-\]]+)[^\]]*\]|"?(\p{Sc})"?')
_DECIMALS = regex.compile(r"[.](0+)")
_ELAPSED = regex.compile(r"(?i)\[(h+|m+|s+)\]")
_DIGITS = regex.compile(r"[0#?][0#?.,]*")
_LEADING = regex.compile(r"0{2,}(?=\.|$)")
_AFFIX = regex.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.|([^0#?])')
_UNIT = regex.compile(r"[\p{L}%‰°]")

_LARGEST = 308
"""As a power of ten, or its opposite: beyond it lies no number that Excel can store."""

_SIGNIFICANT = 15
"""Digits that Excel keeps; what is behind them is the error of binary fractions."""

_MOST_DECIMALS = 10


class NumberFormats:
    """The formats of a workbook, by the number of a cell's style."""

    def __init__(self, styles: etree._Element | None, *, from_1904: bool) -> None:
        self._epoch = CALENDAR_MAC_1904 if from_1904 else CALENDAR_WINDOWS_1900
        self._formats: list[str] = []
        if styles is None:
            return
        own = {
            each.get("numFmtId"): each.get("formatCode", _GENERAL)
            for each in styles.iter(f"{_MAIN}numFmt")
        }
        for style in styles.iterfind(f"{_MAIN}cellXfs/{_MAIN}xf"):
            number = style.get("numFmtId", "0")
            builtin = BUILTIN_FORMATS.get(int(number), _GENERAL) if number.isdecimal() else _GENERAL
            self._formats.append(own.get(number, builtin))

    def shown(self, value: str, style: int) -> str:
        """Write a stored number: dates in ISO form, shares as per cent, money with its sign.

        Decimals are those that are stored, not those that a column has room for.
        """
        form = self._formats[style] if style < len(self._formats) else _GENERAL
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if not number.is_finite() or abs(number.adjusted()) > _LARGEST:
            return value
        elapsed = _ELAPSED.search(form)
        if elapsed:
            return _duration(number, elapsed[1][0].lower(), form)
        if is_date_format(form):
            return self._date(number, form)
        if "%" in _LITERAL.sub("", form):
            return f"{_digits(number * 100, form)}%"
        money = _CURRENCY.search(form)
        before, after = _affixes(number, form)
        if not money:
            return f"{before}{_padded(_digits(number, _GENERAL), form)}{after}"
        amount = f"{(money[1] or money[2]).strip()} {_digits(number, form)}"
        return amount if _CURRENCY.search(after) else f"{amount}{after}"

    def _date(self, number: Decimal, form: str) -> str:
        try:
            moment = from_excel(float(number), self._epoch)
        except (ValueError, OverflowError):
            return _digits(number, _GENERAL)
        if not isinstance(moment, datetime.datetime):
            return str(moment)
        has_time = any(letter in _LITERAL.sub("", form).lower() for letter in "hs")
        if has_time or moment.time() != datetime.time():
            return moment.isoformat(" ", "seconds" if moment.second else "minutes")
        return moment.date().isoformat()


def _duration(number: Decimal, unit: str, form: str) -> str:
    """Write days as the hours, minutes or seconds that a format counts beyond a whole day."""
    sign = "-" if number < 0 else ""
    seconds = int((abs(number) * 86_400).to_integral_value())
    if unit == "s":
        return f"{sign}{seconds}"
    minutes, seconds = divmod(seconds, 60)
    hours, rest = divmod(minutes, 60)
    smaller = _LITERAL.sub("", form).lower()
    end = f":{seconds:02}" if "s" in smaller else ""
    if unit == "m":
        return f"{sign}{minutes}{end}"
    return f"{sign}{hours}:{rest:02}{end}" if end or "m" in smaller else f"{sign}{hours}"


def _section(number: Decimal, form: str) -> str:
    """Return the part of a format that is for numbers above, below or at zero."""
    sections = form.split(";")
    place = 1 if number < 0 else 2 if number == 0 else 0
    return sections[place] if place < len(sections) else sections[0]


def _affixes(number: Decimal, form: str) -> tuple[str, str]:
    """Return the words that a format puts before and behind a number, such as its unit."""
    section = _section(number, form)
    bare = _LITERAL.sub(lambda match: "\x00" * len(match[0]), section)
    places = list(_DIGITS.finditer(bare))
    # Fractions and codes have several runs of digits; a comma at the end counts thousands.
    if len(places) != 1 or places[0][0].endswith(",") or regex.search("[<>=]", form):
        return "", ""
    before, after = section[: places[0].start()], section[places[0].end() :]
    texts = ["".join(map("".join, _AFFIX.findall(part))).strip() for part in (before, after)]
    before, after = (text if _UNIT.search(text) else "" for text in texts)
    return before and f"{before} ", after and f" {after}"


def _padded(digits: str, form: str) -> str:
    """Write a code, such as a number of staff, with the zeros that its format puts first."""
    leading = _LEADING.match(_LITERAL.sub("", form.partition(";")[0]))
    whole, point, decimals = digits.partition(".")
    if not leading or "E" in form or "/" in form:
        return digits
    width = min(len(leading[0]), _SIGNIFICANT) + whole.startswith("-")
    return f"{whole.zfill(width)}{point}{decimals}"


def _digits(number: Decimal, form: str) -> str:
    """Write a number to the digits that are meant, with at least the decimals of its format."""
    text = f"{Decimal(f'{number:.{_SIGNIFICANT}g}'):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    decimals = _DECIMALS.search(form)
    wanted = min(len(decimals[1]), _MOST_DECIMALS) if decimals else 0
    has = len(text.partition(".")[2])
    if has < wanted:
        text = f"{text}{'' if has else '.'}{'0' * (wanted - has)}"
    return text

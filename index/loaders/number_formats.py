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
        if not number.is_finite():
            return value
        if is_date_format(form):
            return self._date(number, form)
        if "%" in _LITERAL.sub("", form):
            return f"{_digits(number * 100, form)}%"
        money = _CURRENCY.search(form)
        amount = _digits(number, form if money else _GENERAL)
        return f"{(money[1] or money[2]).strip()} {amount}" if money else amount

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

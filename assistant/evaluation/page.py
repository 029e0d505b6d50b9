"""Placeholder."""

from collections.abc import Mapping
from typing import Any


def report_page(report: Mapping[str, Any]) -> str:
    """Placeholder until merged."""
    return ""

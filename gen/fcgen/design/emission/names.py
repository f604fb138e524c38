"""Verilog identifiers: unique in their module, never a keyword, never escaped."""

from __future__ import annotations

import re

from fcgen.text.verilog_names import KEYWORDS

_NUMBER = re.compile(r"\$\d+$")
_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9_]+")


def identifier(name: str) -> str:
    """Return the legal identifier nearest to ``name``; a keyword gets an underscore behind it."""
    text = _NOT_IDENTIFIER.sub("_", _NUMBER.sub("", name)).strip("_") or "unnamed"
    if text[0].isdigit():
        text = f"n{text}"
    return f"{text}_" if text in KEYWORDS else text


class Names:
    """The identifiers of one module."""

    def __init__(self) -> None:
        self._by_key: dict[str, str] = {}
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def __getitem__(self, key: str) -> str:
        return self._by_key[key]

    def get(self, key: str, otherwise: str) -> str:
        """Return the identifier of ``key``, or something else where it has none."""
        return self._by_key.get(key, otherwise)

    def add(self, key: str, wish: str) -> str:
        """Give ``key`` the identifier nearest to ``wish`` that is still free."""
        base = identifier(wish)
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        self._by_key[key] = name
        return name

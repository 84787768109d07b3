"""Canonical JSON (RFC 8785): one way to write a value, so that its hash can be computed anywhere.

Numbers are integers that every JSON reader keeps exactly; amounts are decimal strings. Floats are
refused, for whose canonical form one would need ECMAScript's own rounding.
"""

from collections.abc import Mapping, Sequence

import msgspec

INTEGER_MAX = 2**53 - 1

_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    ord(char): text for char, text in _SHORT.items()
}


def canonical_json(value: object) -> bytes:
    """`value` as RFC 8785 writes it, in UTF-8. Structs are taken as what msgspec makes of them.

    Raises `ValueError` for what has no such form: floats, integers beyond 2^53 - 1, lone
    surrogates, keys that are no text.
    """
    try:
        return "".join(_write(msgspec.to_builtins(value))).encode()
    except UnicodeEncodeError as error:
        raise ValueError("a lone surrogate has no form in UTF-8") from error


def _write(value: object) -> list[str]:
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, str):
        return [_quote(value)]
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise ValueError(f"{value} is not exact in every reader; write it as text")
        return [str(value)]
    if isinstance(value, Mapping):
        return _write_object(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        parts = ["["]
        for index, item in enumerate(value):
            parts += ["," if index else "", *_write(item)]
        return [*parts, "]"]
    raise ValueError(f"{type(value).__name__} has no canonical form")


def _write_object(value: Mapping[object, object]) -> list[str]:
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) != len(value):
        raise ValueError("the keys of an object are text")
    parts = ["{"]
    # By UTF-16 code units, not by code points (RFC 8785, 3.2.3).
    for index, key in enumerate(sorted(keys, key=lambda key: key.encode("utf-16-be"))):
        parts += ["," if index else "", _quote(key), ":", *_write(value[key])]
    return [*parts, "}"]


def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'

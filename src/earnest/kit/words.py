"""Whether a text says anything: made of signs that somebody can see."""

import unicodedata

# Signs that are letters or marks by their category, and show nothing all the same: joiners,
# fillers, the empty Braille pattern, selectors of a sign's look.
_UNSEEN = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
# Controls, formats, lone surrogates, and every sort of blank.
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def says_something(text: str) -> bool:
    """Whether one sign of `text` at least can be seen. `" "`, `"\\u200b"` and `""` say nothing."""
    return any(
        unicodedata.category(sign) not in _UNSEEN_CATEGORIES and ord(sign) not in _UNSEEN
        for sign in text
    )

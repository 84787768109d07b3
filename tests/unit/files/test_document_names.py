"""Under which name and as what a document is downloaded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnest.files import disposition_of, safe_name

NAMES = [
    ("report.pdf", "report.pdf"),
    ("Prüfung №1.txt", "Prüfung №1.txt"),
    ("../../etc/passwd", "_.._etc_passwd"),
    ("..\\..\\x.exe", "_.._x.exe"),
    ('a";filename=evil.html', "a__filename=evil.html"),
    ("a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1"),
    ("txt.\u202egpj.exe", "txt._gpj.exe"),
    ("<img src=x onerror=alert(1)>.html", "_img src=x onerror=alert(1)_.html"),
    ("   ...  ", "document"),
    ("\x00", "_"),
    ("a" * 300, "a" * 200),
]


@pytest.mark.parametrize(("name", "safe"), NAMES, ids=[repr(name) for name, _ in NAMES])
def test_a_name_is_one_line_without_path_or_hidden_signs(name: str, safe: str) -> None:
    """What a name could do to a file system, a header or a reader's eye is taken out of it."""
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_whatever_it_is_called_it_is_an_attachment(name: str) -> None:
    """For any name the header is one line of plain ASCII with one quoted name, and begins with
    `attachment`: there is no name that has a browser show the file."""
    found = disposition_of(name)
    assert re.fullmatch(
        r"attachment; filename=\"[^\"\\;\r\n]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+", found
    )
    assert found.isascii()

"""Documents: files of any type that are kept as they came, and only ever downloaded. Pure."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

import msgspec

# The purpose that makes an upload a document. Every other one is a picture.
DOCUMENT_PURPOSE = "document"
# What a browser is told that every document is, whatever was claimed when it was uploaded.
DOWNLOAD_TYPE = "application/octet-stream"
DOWNLOAD_S = 60
# All documents of one account together.
DOCUMENTS_BYTES_MAX = 5_000_000_000
NAME_LENGTH_MAX = 200
_FALLBACK_NAME = "document"
# Unicode's controls, formats (that turn text around), private use, surrogates, line ends.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
# What no file system takes in a name, or what ends a quoted one.
_UNSAFE_SIGNS = frozenset('<>:"/\\|?*%;')


class FileKind(StrEnum):
    """What is done with a file: a picture is opened and made anew, a document kept as it is."""

    PICTURE = "picture"
    DOCUMENT = "document"


class ReadyDocument(msgspec.Struct, frozen=True):
    """A document that may be used. Name and type are what its account said, never checked."""

    file_id: UUID
    sha256: bytes
    size_bytes: int
    name: str
    declared_type: str


class SignedDownload(msgspec.Struct, frozen=True):
    """A GET that needs no sign-in, good until `expires_at`."""

    url: str
    expires_at: datetime


def document_key(sha256: bytes) -> str:
    """Where a document is. Only the worker writes here, and nobody reads without a signed URL."""
    return f"documents/{sha256.hex()}"


def safe_name(name: str) -> str:
    """A name under which a browser may save a file: one line, no path, no hidden signs."""
    plain = "".join(
        "_" if sign in _UNSAFE_SIGNS or unicodedata.category(sign) in _UNSAFE_CATEGORIES else sign
        for sign in name
    )
    return plain.strip(" .")[:NAME_LENGTH_MAX] or _FALLBACK_NAME


def disposition_of(name: str) -> str:
    """The Content-Disposition that has a file saved and not shown (RFC 6266, RFC 8187)."""
    safe = safe_name(name)
    ascii_name = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(safe, safe='')}"

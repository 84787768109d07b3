"""Whatever the bytes, the picture process answers with a reason or with renditions."""

import io
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from earnest.files import picture_process
from earnest.files.rules import EDGE_MAX_PX, Rejection

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def _picture(format: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(out, format)
    return out.getvalue()


PICTURES = {format: _picture(format) for format in TYPES}


def answer(data: bytes, content_type: str, folder: str) -> dict[str, Any]:
    """What the process says about `data`."""
    path = Path(folder, "original")
    path.write_bytes(data)
    return picture_process.check(
        {
            "path": str(path),
            "out_dir": folder,
            "content_type": content_type,
            "pixels_max": 100_000,
            "variants": {str(name): edge for name, edge in EDGE_MAX_PX.items()},
        }
    )


@settings(max_examples=150, deadline=None)
@given(
    format=st.sampled_from(sorted(TYPES)),
    edits=st.lists(
        st.tuples(st.integers(0, 5_000), st.binary(min_size=0, max_size=8), st.integers(0, 30)),
        max_size=4,
    ),
    cut=st.integers(0, 5_000),
    tail=st.binary(max_size=40),
)
@pytest.mark.filterwarnings("ignore")
def test_damaged_pictures_never_break_the_process(
    format: str, edits: list[tuple[int, bytes, int]], cut: int, tail: bytes
) -> None:
    """Bytes replaced, cut out, cut off and appended: every answer is one that is known."""
    data = bytearray(PICTURES[format])
    for at, bytes_in, bytes_out in edits:
        at %= len(data)
        data[at : at + bytes_out] = bytes_in
    if cut < len(data) and cut % 3 == 0:
        del data[cut:]
    with tempfile.TemporaryDirectory() as folder:
        said = answer(bytes(data) + tail, TYPES[format], folder)
        if "rejected" in said:
            assert Rejection(said["rejected"])
        else:
            assert set(said["variants"]) == set(EDGE_MAX_PX)
            for name in EDGE_MAX_PX:
                assert Image.open(Path(folder, f"{name}.webp")).format == "WEBP"


@settings(max_examples=200, deadline=None)
@given(head=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF"]), rest=st.binary())
def test_end_of_anything_is_found_or_refused(head: bytes, rest: bytes) -> None:
    """The search for a picture's end stops on any bytes, and goes back never."""
    data = head + rest
    for find in (picture_process.jpeg_end, picture_process.png_end, picture_process.webp_end):
        with suppress(picture_process.Rejected):
            assert find(data) > 0

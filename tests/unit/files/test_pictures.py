"""The picture process against good, broken and hostile pictures."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from earnest.files import picture_process, pictures
from earnest.files.pictures import Picture, PictureRejected, render
from earnest.files.rules import ContentType, Rejection

SIZE = (800, 600)


def picture(
    format: str = "JPEG", size: tuple[int, int] = SIZE, mode: str = "RGB", **options: object
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, (220, 20, 20))
    image.paste((20, 20, 220), (size[0] // 2, 0, size[0], size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, format, **options)
    return out.getvalue()


async def run(
    tmp_path: Path,
    data: bytes,
    type: ContentType = ContentType.JPEG,
    *,
    pixels_max: int = 50_000_000,
    cpu_s_max: int = pictures.CPU_S_MAX,
    wall_s_max: float = pictures.WALL_S_MAX,
) -> Picture:
    """Renders `data` into `tmp_path`."""
    path = tmp_path / "original"
    path.write_bytes(data)
    return await render(
        path,
        tmp_path,
        content_type=type,
        pixels_max=pixels_max,
        cpu_s_max=cpu_s_max,
        wall_s_max=wall_s_max,
    )


def renditions(folder: Path) -> list[Path]:
    """The WebP files in a folder."""
    return list(folder.glob("*.webp"))


def png_header(width: int, height: int, *, body: bytes = b"") -> bytes:
    """A PNG that claims a size, with `body` as its compressed rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(body))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("format", "type"),
    [("JPEG", ContentType.JPEG), ("PNG", ContentType.PNG), ("WEBP", ContentType.WEBP)],
)
async def test_every_type_becomes_three_webp_files(
    tmp_path: Path, format: str, type: ContentType
) -> None:
    """Each type is opened and written as WebP in three sizes, with the colours in place."""
    made = await run(tmp_path, picture(format, (2400, 1200)), type)
    assert (made.width_px, made.height_px) == (2400, 1200)
    sizes = {name: (r.width_px, r.height_px) for name, r in made.variants.items()}
    assert sizes == {"small": (320, 160), "medium": (960, 480), "large": (1920, 960)}
    for name, rendition in made.variants.items():
        body = (tmp_path / f"{name}.webp").read_bytes()
        assert len(body) == rendition.size_bytes
        image = Image.open(io.BytesIO(body))
        assert (image.format, image.size) == ("WEBP", (rendition.width_px, rendition.height_px))
        left, right = (
            image.convert("RGB").getpixel((x, image.height // 2))
            for x in (image.width // 10, image.width * 9 // 10)
        )
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        assert left[0] > 180 > 60 > left[2]
        assert right[2] > 180 > 60 > right[0]


async def test_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    """A picture of 100 pixels stays one, in every variant."""
    made = await run(tmp_path, picture(size=(100, 50)))
    assert {(r.width_px, r.height_px) for r in made.variants.values()} == {(100, 50)}


async def test_thin_picture_keeps_a_pixel(tmp_path: Path) -> None:
    """A picture of 4000 by 1 shrinks to one pixel of height, not to none."""
    made = await run(tmp_path, picture("PNG", (4000, 1)), ContentType.PNG)
    assert made.variants["small"].height_px == 1


async def test_metadata_is_gone_and_orientation_honoured(tmp_path: Path) -> None:
    """GPS, camera, comment and profile are stripped; a picture taken sideways stands upright."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    exif[0x010F] = "Camera of Somebody"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 59.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = picture(exif=exif, icc_profile=profile, comment=b"here I live")
    assert b"Camera of Somebody" in data
    made = await run(tmp_path, data)
    assert (made.width_px, made.height_px) == (600, 800)
    for name in made.variants:
        body = (tmp_path / f"{name}.webp").read_bytes()
        for trace in (b"EXIF", b"Exif", b"ICCP", b"XMP ", b"Camera", b"here I live"):
            assert trace not in body
        image = Image.open(io.BytesIO(body)).convert("RGB")
        top = image.getpixel((image.width // 2, image.height // 10))
        assert isinstance(top, tuple)
        assert top[0] > 180  # red was left, is now above
        assert not Image.open(io.BytesIO(body)).getexif()


async def test_transparency_stays(tmp_path: Path) -> None:
    """A PNG with an alpha channel keeps it, so does one with a transparent colour."""
    image = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    await run(tmp_path, out.getvalue(), ContentType.PNG)
    small = Image.open(tmp_path / "small.webp")
    assert small.mode == "RGBA"
    assert small.getpixel((10, 10))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("mode", "format"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("I;16", "PNG")],
)
async def test_unusual_modes_are_taken(tmp_path: Path, mode: str, format: str) -> None:
    """Print, grey, palette, bit, and 16-bit pictures come out with their light and dark."""
    grey = Image.linear_gradient("L")
    image = (
        Image.frombytes("I;16", grey.size, b"".join(bytes((v, v)) for v in grey.tobytes()))
        if mode == "I;16"
        else grey.convert("RGB").convert(mode)
        if mode in ("CMYK", "P")
        else grey.convert(mode)
    )
    out = io.BytesIO()
    image.save(out, format)
    await run(tmp_path, out.getvalue(), ContentType.PNG if format == "PNG" else ContentType.JPEG)
    made = Image.open(tmp_path / "small.webp").convert("L")
    top, bottom = made.getpixel((128, 10)), made.getpixel((128, 245))
    assert isinstance(top, int)
    assert isinstance(bottom, int)
    assert top < 60
    assert bottom > 180


def truncated(format: str) -> bytes:
    """The first two thirds of a picture with noise in it."""
    out = io.BytesIO()
    Image.effect_noise((400, 300), 90).convert("RGB").save(out, format)
    return out.getvalue()[: len(out.getvalue()) * 2 // 3]


def archive() -> bytes:
    """A ZIP file with one page in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()


def moving(format: str) -> bytes:
    """A picture with two frames."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, format, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def text_bomb() -> bytes:
    """A PNG with compressed texts of 80 MB in a few kilobytes."""
    info = PngImagePlugin.PngInfo()
    for n in range(10):
        info.add_text(f"t{n}", "a" * 8_000_000, zip=True)
    return picture("PNG", pnginfo=info)


JPEG, PNG, WEBP = ContentType.JPEG, ContentType.PNG, ContentType.WEBP
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOSTILE: dict[str, tuple[Callable[[], bytes], ContentType, Rejection]] = {
    "50,000 by 50,000, header only": (
        lambda: png_header(50_000, 50_000),
        PNG,
        Rejection.TOO_MANY_PIXELS,
    ),
    "too wide": (lambda: png_header(1_000_000, 1), PNG, Rejection.TOO_MANY_PIXELS),
    "cut JPEG": (lambda: truncated("JPEG"), JPEG, Rejection.DAMAGED),
    "cut PNG": (lambda: truncated("PNG"), PNG, Rejection.DAMAGED),
    "cut WebP": (lambda: truncated("WEBP"), WEBP, Rejection.DAMAGED),
    "PNG with too few rows": (lambda: png_header(500, 500, body=b"\0" * 9), PNG, Rejection.DAMAGED),
    "JPEG without a picture": (lambda: b"\xff\xd8\xff\xd9", JPEG, Rejection.DAMAGED),
    "three bytes": (lambda: b"\xff\xd8\xff", JPEG, Rejection.DAMAGED),
    "JPEG and ZIP": (lambda: picture() + archive(), JPEG, Rejection.FOREIGN_DATA),
    "JPEG and ZIP behind a JPEG": (
        lambda: picture() + picture() + archive(),
        JPEG,
        Rejection.FOREIGN_DATA,
    ),
    "PNG and HTML": (
        lambda: picture("PNG") + b"<html><script>alert(1)</script>",
        PNG,
        Rejection.FOREIGN_DATA,
    ),
    "WebP and ZIP": (lambda: picture("WEBP") + archive(), WEBP, Rejection.FOREIGN_DATA),
    "JPEG and a film with markup": (
        lambda: picture() + b"\0\0\0\x18ftypmp42" + b"<SCRIPT>",
        JPEG,
        Rejection.FOREIGN_DATA,
    ),
    "SVG with script": (lambda: SVG, PNG, Rejection.NOT_A_PICTURE),
    "HTML": (lambda: b"<!doctype html><p>Hello", JPEG, Rejection.NOT_A_PICTURE),
    "GIF": (lambda: picture("GIF"), PNG, Rejection.NOT_A_PICTURE),
    "PostScript": (lambda: picture("EPS"), JPEG, Rejection.NOT_A_PICTURE),
    "PNG that says JPEG": (lambda: picture("PNG"), JPEG, Rejection.TYPE_DIFFERS),
    "moving WebP": (lambda: moving("WEBP"), WEBP, Rejection.ANIMATED),
    "moving PNG": (lambda: moving("PNG"), PNG, Rejection.ANIMATED),
    "texts that unfold": (text_bomb, PNG, Rejection.DAMAGED),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_picture_is_refused(tmp_path: Path, name: str) -> None:
    """Each hostile or broken picture is refused for its own reason, and nothing is written."""
    make, type, rejection = HOSTILE[name]
    with pytest.raises(PictureRejected) as refused:
        await run(tmp_path, make(), type)
    assert refused.value.rejection is rejection
    assert renditions(tmp_path) == []


@pytest.mark.parametrize(
    "tail",
    [b"\0" * 64, picture(size=(20, 20)), b"\0\0\0\x18ftypmp42" + b"film" * 99, b"MotionPhotoSEFT"],
)
async def test_what_cameras_append_is_taken(tmp_path: Path, tail: bytes) -> None:
    """Padding, a second JPEG, a short film or a maker's trailer after a JPEG: photographs."""
    made = await run(tmp_path, picture() + tail)
    assert (made.width_px, made.height_px) == SIZE


async def test_bomb_that_tells_the_truth_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    """A whole PNG of 8,000 by 8,000 in 200 kB: refused by its header, in little time."""
    data = png_header(8_000, 8_000, body=b"\0" * (8_000 * 24_001))
    assert len(data) < 250_000
    with pytest.raises(PictureRejected) as refused:
        await run(tmp_path, data, PNG, cpu_s_max=2)
    assert refused.value.rejection is Rejection.TOO_MANY_PIXELS


async def test_picture_beyond_its_time_is_refused(tmp_path: Path) -> None:
    """The child is killed when its time is over, by the clock, and the picture is refused."""
    out = io.BytesIO()
    Image.effect_noise((2000, 1500), 90).convert("RGB").save(out, "PNG", compress_level=1)
    with pytest.raises(PictureRejected) as refused:
        await run(tmp_path, out.getvalue(), PNG, wall_s_max=0.1)
    assert refused.value.rejection is Rejection.TOO_COSTLY


async def test_picture_beyond_its_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that needs more memory than it may have is refused; the worker lives on."""
    monkeypatch.setattr(pictures, "_MEMORY_BYTES_PER_PIXEL", 0)
    monkeypatch.setattr(pictures, "_MEMORY_BASE_BYTES", 150_000_000)
    out = io.BytesIO()
    Image.new("RGB", (8_000, 6_000)).save(out, "PNG")
    with pytest.raises(PictureRejected) as refused:
        await run(tmp_path, out.getvalue(), PNG)
    assert refused.value.rejection is Rejection.TOO_COSTLY


async def test_largest_allowed_picture_fits_its_bounds(tmp_path: Path) -> None:
    """50 million pixels with transparency, the costliest kind that is allowed, are done."""
    out = io.BytesIO()
    Image.new("RGBA", (10_000, 5_000), (9, 9, 9, 128)).save(out, "PNG", compress_level=1)
    made = await run(tmp_path, out.getvalue(), PNG)
    assert made.variants["large"].width_px == 1920


def test_jpeg_end_is_found_behind_thumbnails_and_restarts() -> None:
    """The end of a JPEG is that of its own scan, not of a thumbnail inside its header."""
    exif = Image.Exif()
    exif[0x010E] = "x"
    for data in (picture(exif=exif), picture(progressive=True), picture(restart_marker_rows=1)):
        assert picture_process.jpeg_end(data + b"\xff\xd9tail") == len(data)

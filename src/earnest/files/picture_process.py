"""Opens one untrusted picture and writes its renditions. A program of its own.

It runs as a child process, because a hostile picture may exhaust memory, time or the decoder
itself. It imports nothing of Earnest, and sees an empty environment and an empty folder.

Standard input: JSON `{"path", "out_dir", "content_type", "pixels_max", "variants": {name: edge},
"memory_bytes_max", "cpu_s_max", "out_bytes_max"}`. Standard output: JSON, either
`{"width_px", "height_px", "variants": {name: {"width_px", "height_px", "size_bytes", "sha256"}}}`
or `{"rejected": reason}`. Renditions are `out_dir/{name}.webp`.
"""

import hashlib
import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, PngImagePlugin

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
WEBP_QUALITY = 82
# The deepest a picture may be on one side; beyond it decoders take strange paths.
EDGE_MAX_PX = 65_500
# What no picture carries after its end, wherever else it may be harmless.
_FOREIGN = (b"<script", b"<html", b"<!doctype", b"<?php", b"<svg", b"%pdf-")
_ZIP_END = b"PK\x05\x06"
_ZIP_END_REACH = 66_000


class Rejected(Exception):
    """The picture is refused; the message is the reason's code."""


def sniff(data: bytes) -> str:
    """The content type by the first bytes; raises `Rejected` for what is no picture of ours."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise Rejected("not_a_picture")


def jpeg_end(data: bytes) -> int:
    """Where the first picture of a JPEG file ends (ITU T.81, annex B)."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Rejected("damaged")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xD9:
            return at + 2
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            at = _scan_end(data, at)
    if data[at : at + 2] == b"\xff\xd9":
        return at + 2
    raise Rejected("damaged")


def _scan_end(data: bytes, at: int) -> int:
    """Where entropy-coded data ends: at a marker that is no stuffing and no restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] == 0x00 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at
    raise Rejected("damaged")


def png_end(data: bytes) -> int:
    """Where a PNG's IEND chunk ends."""
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IEND":
            return end
        at = end
    raise Rejected("damaged")


def webp_end(data: bytes) -> int:
    """Where a WebP's RIFF chunk ends."""
    size = int.from_bytes(data[4:8], "little")
    return 8 + size + size % 2


def check_tail(data: bytes, content_type: str) -> None:
    """Refuses a file that is something else besides a picture.

    Cameras do append things to a JPEG: a second picture (depth, HDR gain), a short film, a
    maker's trailer, padding. Those pass, unless they hold an archive or markup.
    """
    end = {"image/jpeg": jpeg_end, "image/png": png_end, "image/webp": webp_end}[content_type](data)
    if end > len(data):
        raise Rejected("damaged")
    tail = data[end:]
    if not tail.strip(b"\0"):
        return
    of_a_camera = content_type == "image/jpeg" and (
        tail.lstrip(b"\0").startswith(b"\xff\xd8\xff")
        or tail[4:8] == b"ftyp"
        or tail.endswith(b"SEFT")
    )
    lowered = tail.lower()
    if (
        not of_a_camera
        or _ZIP_END in data[-_ZIP_END_REACH:]
        or any(mark in lowered for mark in _FOREIGN)
    ):
        raise Rejected("foreign_data")


def open_picture(data: bytes, order: dict[str, Any]) -> Image.Image:
    """The decoded picture, upright, in sRGB or with transparency; raises `Rejected`."""
    content_type = sniff(data)
    if content_type != order["content_type"]:
        raise Rejected("type_differs")
    image = Image.open(io.BytesIO(data), formats=[FORMATS[content_type]])
    width, height = image.size
    if width * height > order["pixels_max"] or max(width, height) > EDGE_MAX_PX:
        raise Rejected("too_many_pixels")
    # A JPEG with several pictures (MPO) is a still with a depth map or the like.
    if content_type != "image/jpeg" and getattr(image, "n_frames", 1) > 1:
        raise Rejected("animated")
    check_tail(data, content_type)
    profile = image.info.get("icc_profile")
    if image.format == "JPEG":
        # The decoder itself can halve a picture again and again, at a fraction of the cost.
        edge = max(order["variants"].values())
        image.draft(None, (edge, edge))
    image.load()
    return _upright_srgb(image, profile, (width, height), order)


def _upright_srgb(
    image: Image.Image, profile: bytes | None, size: tuple[int, int], order: dict[str, Any]
) -> Image.Image:
    orientation = image.getexif().get(0x0112, 1)
    turned = orientation in (5, 6, 7, 8)
    order["size"] = size[::-1] if turned else size
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits a sample
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    edge = max(order["variants"].values())
    has_alpha = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    if image.mode in ("P", "PA") or has_alpha:
        image = image.convert("RGBA" if has_alpha else "RGB")
    if max(image.size) > edge:
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _to_srgb(image, profile)
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGB")
    return image


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB, so that its colours stay when the profile goes."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, srgb, outputMode=target)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a broken profile spoils colours at worst
    return converted or image


def write_renditions(image: Image.Image, order: dict[str, Any]) -> dict[str, Any]:
    """Writes every variant and tells what was written. No metadata goes along."""
    written: dict[str, Any] = {}
    for name, edge in sorted(order["variants"].items(), key=lambda item: -item[1]):
        if max(image.size) > edge:
            image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        image.info.clear()
        out = io.BytesIO()
        image.save(out, "WEBP", quality=WEBP_QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
        body = out.getvalue()
        Path(order["out_dir"], f"{name}.webp").write_bytes(body)
        written[name] = {
            "width_px": image.width,
            "height_px": image.height,
            "size_bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    return written


def limit_self(order: dict[str, Any]) -> None:
    """Bounds what this process may use. Beyond memory: MemoryError; beyond time: SIGXCPU."""
    memory, cpu_s, out = order["memory_bytes_max"], order["cpu_s_max"], order["out_bytes_max"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (out, out))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def check(order: dict[str, Any]) -> dict[str, Any]:
    """The answer to one order."""
    try:
        data = Path(order["path"]).read_bytes()
        image = open_picture(data, order)
        width, height = order["size"]
        return {
            "width_px": width,
            "height_px": height,
            "variants": write_renditions(image, order),
        }
    except Rejected as rejected:
        return {"rejected": str(rejected)}
    except MemoryError:
        return {"rejected": "too_costly"}
    except Image.DecompressionBombError:
        return {"rejected": "too_many_pixels"}
    except Exception as error:  # noqa: BLE001 - decoders raise all sorts of things on bad input
        return {"rejected": "damaged", "error": f"{type(error).__name__}: {error}"[:300]}


def main() -> None:
    """Reads the order, does it, writes the answer."""
    order = json.load(sys.stdin)
    limit_self(order)
    # Our own limit, checked from the header, stands in for Pillow's.
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024
    warnings.simplefilter("ignore")
    Image.init()
    json.dump(check(order), sys.stdout)


if __name__ == "__main__":
    main()

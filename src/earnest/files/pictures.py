"""Has an untrusted picture opened by a child process with bounds on memory, time and output."""

import asyncio
import sys
from pathlib import Path

import msgspec
import structlog

from earnest.files.rules import EDGE_MAX_PX, ContentType, Rejection

log = structlog.get_logger(__name__)

PROGRAM = Path(__file__).with_name("picture_process.py")
CPU_S_MAX = 30
WALL_S_MAX = 60.0
OUT_BYTES_MAX = 32_000_000
# The interpreter and the decoders, before any picture.
_MEMORY_BASE_BYTES = 400_000_000
# Decoded, turned upright and converted: three times four bytes a pixel at the worst.
_MEMORY_BYTES_PER_PIXEL = 16


class Rendition(msgspec.Struct, frozen=True):
    """One stored WebP file. `sha256` in hex."""

    width_px: int
    height_px: int
    size_bytes: int
    sha256: str


class Picture(msgspec.Struct, frozen=True):
    """What a picture turned out to be, upright, and its renditions by variant."""

    width_px: int
    height_px: int
    variants: dict[str, Rendition]


class PictureRejected(Exception):
    """The picture is refused for `rejection`."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.value)
        self.rejection = rejection


class _Answer(msgspec.Struct):
    rejected: Rejection | None = None
    error: str | None = None
    width_px: int = 0
    height_px: int = 0
    variants: dict[str, Rendition] = {}


async def render(
    path: Path,
    out_dir: Path,
    *,
    content_type: ContentType,
    pixels_max: int,
    wall_s_max: float = WALL_S_MAX,
    cpu_s_max: int = CPU_S_MAX,
) -> Picture:
    """Writes `out_dir/{variant}.webp` for every variant; raises `PictureRejected`.

    A child that is killed by its limits, or crashes, has met a picture that is too costly.
    """
    order = {
        "path": str(path),
        "out_dir": str(out_dir),
        "content_type": content_type,
        "pixels_max": pixels_max,
        "variants": EDGE_MAX_PX,
        "memory_bytes_max": _MEMORY_BASE_BYTES + pixels_max * _MEMORY_BYTES_PER_PIXEL,
        "cpu_s_max": cpu_s_max,
        "out_bytes_max": OUT_BYTES_MAX,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",  # nothing of the environment, nothing of the working folder
        str(PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=out_dir,
        env={"LC_ALL": "C.UTF-8"},
    )
    try:
        async with asyncio.timeout(wall_s_max):
            stdout, stderr = await child.communicate(msgspec.json.encode(order))
    except TimeoutError:
        raise PictureRejected(Rejection.TOO_COSTLY) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        said = stderr.decode(errors="replace")[-500:]
        log.warning("picture_process_ended", exit_code=child.returncode, said=said)
        if "ModuleNotFoundError" in said:
            raise RuntimeError(f"the picture process cannot start: {said}")
        raise PictureRejected(Rejection.TOO_COSTLY)
    answer = msgspec.json.decode(stdout, type=_Answer)
    if answer.rejected is not None:
        log.info("picture_rejected", reason=answer.rejected, error=answer.error)
        raise PictureRejected(answer.rejected)
    return Picture(answer.width_px, answer.height_px, answer.variants)

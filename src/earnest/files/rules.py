"""Types, states and names of files. Pure."""

from enum import StrEnum
from uuid import UUID

from earnest.kit.settings import Settings

# How long after an upload's URL expired a PUT that had begun may still end.
UPLOAD_GRACE_S = 3_600
INCOMING_KEPT_S = 86_400
REJECTED_KEPT_S = 30 * 86_400
# How many uploads an account may have under way at once.
OPEN_UPLOADS_MAX = 100


class ContentType(StrEnum):
    """What may be uploaded. No GIF (moving pictures are refused anyway), no SVG (it can run)."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


class FileStatus(StrEnum):
    """Where a file is on its way."""

    UPLOADING = "uploading"
    CHECKING = "checking"
    READY = "ready"
    REJECTED = "rejected"


class Variant(StrEnum):
    """The renditions of a picture, WebP, by their longest edge. Never larger than the picture."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


EDGE_MAX_PX = {Variant.SMALL: 320, Variant.MEDIUM: 960, Variant.LARGE: 1920}


class Rejection(StrEnum):
    """Why a file was refused. `reason_text` says it to people."""

    UPLOAD_MISSING = "upload_missing"
    UPLOAD_EXPIRED = "upload_expired"
    SIZE_DIFFERS = "size_differs"
    HASH_DIFFERS = "hash_differs"
    TYPE_DIFFERS = "type_differs"
    NOT_A_PICTURE = "not_a_picture"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    ANIMATED = "animated"
    FOREIGN_DATA = "foreign_data"
    TOO_COSTLY = "too_costly"


_REASONS = {
    Rejection.UPLOAD_MISSING: "Nothing had arrived when the file was checked. Upload it again.",
    Rejection.UPLOAD_EXPIRED: "The upload was never finished, and its time is over. Start anew.",
    Rejection.SIZE_DIFFERS: "What arrived has another size than announced. Upload it again.",
    Rejection.HASH_DIFFERS: "What arrived has another SHA-256 than announced. Upload it again.",
    Rejection.TYPE_DIFFERS: "What arrived is a picture of another type than announced.",
    Rejection.NOT_A_PICTURE: "What arrived is no JPEG, PNG or WebP picture.",
    Rejection.DAMAGED: "The picture is damaged or cut short. Save it again and upload that.",
    Rejection.TOO_MANY_PIXELS: "The picture has too many pixels. Upload a smaller one.",
    Rejection.ANIMATED: "The picture moves. Upload a still one.",
    Rejection.FOREIGN_DATA: "The file holds other data besides the picture. Save it again.",
    Rejection.TOO_COSTLY: "The picture takes too long or too much memory to open.",
}


def reason_text(rejection: Rejection) -> str:
    """One plain sentence or two for people."""
    return _REASONS[rejection]


def incoming_key(upload_id: UUID) -> str:
    """Where an upload lands. The only keys that browsers ever write, one URL for each."""
    return f"incoming/{upload_id}"


def original_key(public_id: UUID) -> str:
    """Where the checked bytes are kept. Never served."""
    return f"originals/{public_id}"


def media_key(public_id: UUID, variant: Variant) -> str:
    """Where a rendition is. Only the worker writes here; the path of its URL is the same."""
    return f"media/{public_id}/{variant}"


def media_base(settings: Settings) -> str:
    """What `/{public_id}/{variant}` is appended to: on the CDN if there is one, else here."""
    return f"{(settings.cdn_url or settings.public_url).rstrip('/')}/media"


def media_url(public_id: UUID, variant: str, settings: Settings) -> str:
    """Where browsers get a rendition (`small`, `medium`, `large`)."""
    return f"{media_base(settings)}/{public_id}/{Variant(variant)}"

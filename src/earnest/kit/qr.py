"""QR codes as SVG, for other devices to read."""

import io

import segno
from litestar import Response

QR_MEDIA_TYPE = "image/svg+xml"


def qr_response(text: str, *, max_age_s: int = 0) -> Response[bytes]:
    """An SVG, dark on white with a quiet zone, so that every phone reads it in both themes.

    Browsers may keep it for `max_age_s` seconds; 0 is not at all.
    """
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, light="#ffffff", xmldecl=False
    )
    return Response(
        picture.getvalue(),
        media_type=QR_MEDIA_TYPE,
        headers={
            "Cache-Control": f"public, max-age={max_age_s}" if max_age_s else "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        },
    )

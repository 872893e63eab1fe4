"""A picture from a follower made safe to keep and to show: decoded, shrunk and drawn anew, nothing else of it left."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageOps

from bot.language.screening import PAYMENT

# WeChat takes pictures of 10 MB; a telephone's 40 megapixels are 120 MB of memory while they are drawn.
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
# Enough to read a contract's small print.
EDGE = 2000
QUALITY = 82
MAGIC = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "WEBP": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


class NotUsable(Exception):
    """``problem``: no_picture, too_large."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Cleaned:
    """A JPEG, nothing but pixels. ``code``: a bar code is in it (``code``), or one to pay with (``payment``)."""

    content: bytes
    code: str = ""


def clean(content: bytes) -> Cleaned:
    """Where it was taken, by which telephone, and whatever hides behind the pixels is gone. Raises NotUsable."""
    if len(content) > MOST_BYTES:
        raise NotUsable("too_large")
    kind = next((name for name, magic in MAGIC.items() if magic.match(content)), None)
    if kind is None:
        raise NotUsable("no_picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            drawn = _drawn(content, kind)
        return Cleaned(_jpeg(drawn), _code(drawn))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        raise NotUsable("too_large") from None
    except (OSError, SyntaxError, ValueError, EOFError, TypeError):  # what Pillow says of damaged files
        raise NotUsable("no_picture") from None


def _drawn(content: bytes, kind: str) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        if opened.width * opened.height > MOST_PIXELS:  # known from the header, before a pixel is decoded
            raise NotUsable("too_large")
        opened.draft("RGB", (EDGE, EDGE))  # a JPEG is decoded smaller at once
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((EDGE, EDGE))
        flat = Image.new("RGB", upright.size, "white")
        shown = upright.convert("RGBA")
        flat.paste(shown, mask=shown)
        return flat


def _jpeg(drawn: Image.Image) -> bytes:
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _code(drawn: Image.Image) -> str:
    found = [read.text for read in zxingcpp.read_barcodes(drawn)]
    if any(PAYMENT.search(text) for text in found):
        return "payment"
    return "code" if found else ""

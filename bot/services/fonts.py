"""A font that has Chinese: the one of the settings, or the first of the known places; and what it cannot write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.services.refusals.certificates import CannotBePrinted

PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",  # Debian, Ubuntu: fonts-noto-cjk
    "/usr/share/fonts/google-noto-serif-cjk-fonts/NotoSerifCJK-Regular.ttc",  # Fedora
    "/usr/share/fonts/google-noto-cjk/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSerifCJK-Regular.ttc",  # Arch, Alpine
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",  # fonts-wqy-zenhei: fewer rare names
    "/System/Library/Fonts/Supplemental/Songti.ttc",  # macOS
    "/System/Library/Fonts/STHeiti Medium.ttc",
)
"""Serif first: it is how official papers look. All are read where they stand; none is shipped with the program."""
INSTALL = "Debian/Ubuntu：apt install fonts-noto-cjk；或把 certificates.font 指向一个中文字体文件（TTF、OTF、TTC）"


@dataclass(frozen=True)
class Font:
    """``face`` is its number in a collection, 0 for a single font."""

    path: str
    face: int = 0

    def lacks(self, text: str) -> str:
        """The characters of ``text`` that it has no glyph for, each once, in their order."""
        known = _characters(self.path, self.face)
        return "".join(dict.fromkeys(c for c in text if ord(c) not in known and c not in "\n\r"))


def doubtful(text: str) -> str:
    """Characters outside GB 2312, which every Chinese font has: only these are worth opening a font for."""
    return "".join(dict.fromkeys(c for c in text if not c.isspace() and not _is_common(c)))


def _is_common(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return character in "·—–"


def find(configured: str = "") -> Font:
    """CannotBePrinted when there is none; a configured file that is missing is not replaced by another."""
    for path in (configured,) if configured else PLACES:
        if Path(path).is_file():
            return _face_of(path)
    raise CannotBePrinted


@lru_cache(maxsize=4)
def _face_of(path: str) -> Font:
    if not path.lower().endswith((".ttc", ".otc")):
        return Font(path)
    from fontTools.ttLib import TTCollection, TTLibError  # 40 MB that most processes never need

    try:
        with TTCollection(path, lazy=True) as faces:
            names = [str(face["name"].getDebugName(4) or "") for face in faces.fonts]
    except (TTLibError, OSError) as error:
        raise CannotBePrinted from error
    simplified = (number for number, name in enumerate(names) if " SC" in name and "Mono" not in name)
    return Font(path, next(simplified, 0))


@lru_cache(maxsize=4)
def _characters(path: str, face: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=face, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError) as error:
        raise CannotBePrinted from error

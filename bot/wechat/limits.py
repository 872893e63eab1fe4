"""What WeChat allows in one exchange: sizes, and which pushes show their reply to the follower."""

from __future__ import annotations

import re
import unicodedata

from bot.wechat import messages

MAX_BODY = 65536  # bytes of a push; real ones stay under 10 KiB
MAX_TEXT_BYTES = 2048  # UTF-8 bytes of a text reply; more of them and WeChat shows its failure line instead
MORE = "\n\n回复 继续 查看下文"  # the line under the first part of a longer text

_LINK = re.compile(r"<a\s[^<>]*>[^<]*</a>", re.IGNORECASE)
_SENTENCE_ENDS = "。！？；…!?;"
_ZERO_WIDTH_JOINER = "\u200d"
_SHOWN_EVENTS = frozenset({"subscribe", "scan", "click", "scancode_waitmsg"})


def is_reply_shown(message: messages.Message) -> bool:
    """Whether the follower sees the passive reply to this; to other events WeChat takes it and drops it."""
    return not isinstance(message, messages.Event) or message.event in _SHOWN_EVENTS


def size(text: str) -> int:
    """UTF-8 bytes, as WeChat counts."""
    return len(text.encode("utf-8", "surrogatepass"))


def split_text(content: str, suffix: str = MORE) -> tuple[str, str]:
    """The first part and the rest, so that ``first + suffix`` fits one reply; the rest is empty if all of it fits.

    Cuts after a line if it can, else after a sentence, else between two characters as people see them; never inside a
    link, unless the link alone is longer than a reply. Line breaks at the cut are dropped.
    """
    if size(content) > MAX_TEXT_BYTES:
        content = content.strip("\n")
    if size(content) <= MAX_TEXT_BYTES:
        return content, ""
    cut = _best_cut(content, _characters_within(content, max(MAX_TEXT_BYTES - size(suffix), 0)))
    if cut < 1:
        raise ValueError(f"a suffix of {size(suffix)} bytes leaves no room for the text")
    return content[:cut].rstrip("\n"), content[cut:].lstrip("\n")


def _characters_within(content: str, room: int) -> int:
    """How many whole characters of a longer text fit that many bytes."""
    encoded = content.encode("utf-8", "surrogatepass")
    while encoded[room] & 0b1100_0000 == 0b1000_0000:  # inside a character: back to its first byte
        room -= 1
    return len(encoded[:room].decode("utf-8", "surrogatepass"))


def _best_cut(content: str, longest: int) -> int:
    links = [match.span() for match in _LINK.finditer(content)]
    soonest = longest // 2  # a part shorter than half is a worse cut than one inside a paragraph

    def allowed(at: int) -> bool:
        return not any(start < at < end for start, end in links)

    for ends in ("\n", _SENTENCE_ENDS):
        for at in range(longest, soonest, -1):
            if content[at - 1] in ends and allowed(at) and not _is_joined(content, at):
                return at
    for at in range(longest, 0, -1):
        if allowed(at) and not _is_joined(content, at):
            return at
    return longest  # one link or one endless emoji: cutting it is better than never answering


def _is_joined(content: str, at: int) -> bool:
    """Whether the characters around the border are seen as one: an emoji and its skin tone, a letter and its accent."""
    before, after = content[at - 1], content[at : at + 1]
    if not after:
        return False
    if _ZERO_WIDTH_JOINER in (before, after):
        return True
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f":  # tags that spell a flag
        return True
    return _is_flag_half(after) and _flag_halves_before(content, at) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(content: str, at: int) -> int:
    count = 0
    while at > count and _is_flag_half(content[at - count - 1]):
        count += 1
    return count

"""Private numbers and names taken out of a text before it is kept; in doubt more than needed."""

from __future__ import annotations

import re
import unicodedata

from bot.language.slots import SURNAMES

# Full-width digits, letters and the signs between them, as an ASCII keyboard types them; other punctuation stays.
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NARROW |= {0xFF20: "@", 0xFF0D: "-", 0xFF0E: ".", 0xFF3F: "_", 0xFF0B: "+", 0x3000: " "}

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++\s?@\s?[\w-]+(?:\.[\w-]+)+", re.ASCII)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][A-HJ-NP-Z][·•.\s-]?"
    r"(?=[A-Z\d]*\d)[A-HJ-NP-Z\d]{4,5}[A-HJ-NP-Z\d挂学警港澳](?![A-Za-z\d])",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(微信号?|薇信|威信|[vV]信|wei\s?xin|we\s?chat|\b[wvW][xX])(\s*(?:号码?|账号|id)?[\s是为叫:：]*)[a-z][\w-]{5,19}(?![\w-])",
    re.IGNORECASE | re.ASCII,
)
_WXID = re.compile(r"wxid_\w+", re.ASCII)
_QQ = re.compile(r"((?:qq|扣扣)(?:号码?)?[\s是为:：]*)\d{5,12}(?!\d)", re.IGNORECASE)
_PASSPORT = re.compile(r"(?<![A-Za-z\d])[A-Za-z]{1,2}\d{7,10}(?!\d)")
# Digits as people group them: 138 1234 5678, 6222-0212-3456-7890, 330102 19900101 123X.
_LONG = re.compile(r"(?<![\dA-Za-z])\+?\d(?:[\s.·–—-]{0,2}\d){10,}(?:[\s-]?[Xx](?![A-Za-z]))?")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}\s?[-–—]?\s?\d{7,8}(?!\d)")
_SPOKEN = re.compile(r"[零〇一二两三四五六七八九幺]{11,}")

_OVER = r"(?=$|[^一-鿿·]|[想要报今来在是的能可有怎手电住和])"
_CALLED = re.compile(
    rf"(我叫做?|我的?名字[是叫为]?|姓名[是为]?|本人叫)([\s:：]*)(?![不你他她它我大什啥这那人车谁了过爸妈]|同学|朋友|家人|孩子|老师)"
    rf"(?:[一-鿿·]{{2,4}}?{_OVER}|[一-鿿·]{{2,3}})"
)
# 我是王芳 is a name, 我是高中生 and 我是江西人 are none.
_NO_NAME = (
    "高[一二三中职校考龄]|江[西苏北南]|金[华融]|白[领天]|万[一分]|方[便向]|马[上路]|安[徽全]|石[家油]|严[重格]"
    "|程序|温州|华[侨人]|成[年都]"
)
_I_AM = re.compile(rf"(我是)(?!{_NO_NAME})[{SURNAMES}][一-鿿]{{1,2}}?(?:老师|同学)?{_OVER}")
_BESIDE_PHONE = re.compile(rf"(?<![一-鿿])[{SURNAMES}][一-鿿]{{1,2}}(?=[\s,，、:：]*(?:电话|手机)?[\s:：]*〔手机号〕)")


def mask(text: str) -> str:
    """Phones, identity and card numbers, plates, addresses of mail and WeChat, names after 我叫 and 我是."""
    text = visible(text).translate(_NARROW)
    text = _EMAIL.sub("〔邮箱〕", text)
    text = _PLATE.sub("〔车牌〕", text)
    text = _WXID.sub("〔微信号〕", text)
    text = _LONG.sub(_named, _LANDLINE.sub("〔电话〕", text))
    text = _WECHAT.sub(r"\1\2〔微信号〕", text)
    text = _QQ.sub(r"\1〔QQ号〕", text)
    text = _PASSPORT.sub("〔证件号〕", text)
    text = _SPOKEN.sub("〔号码〕", text)
    text = _CALLED.sub(r"\1\2〔姓名〕", text)
    return _BESIDE_PHONE.sub("〔姓名〕", _I_AM.sub(r"\1〔姓名〕", text))


def visible(text: str) -> str:
    """Without control characters and invisible ones: they hide a number, and no YAML file holds them."""
    if text.isprintable():
        return text
    return "".join(c if c.isspace() or unicodedata.category(c)[0] != "C" else "" for c in text)


def _named(found: re.Match[str]) -> str:
    said = found.group()
    digits = re.sub(r"\D", "", said)
    if said[-1] in "Xx" or len(digits) in (15, 18):
        return "〔证件号〕"
    if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits):
        return "〔手机号〕"
    return "〔银行卡号〕" if 16 <= len(digits) <= 19 else "〔号码〕"

"""What a single setting must look like, said in Chinese, and where its value is to be found."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

WHERE = {
    "wechat.app_id": "在 mp.weixin.qq.com 的“开发 → 基本配置”里，以 wx 开头。",
    "wechat.app_secret": "在 mp.weixin.qq.com 的“开发 → 基本配置”里；忘了只能重置。",
    "wechat.token": "与公众平台“服务器配置”里的 Token 一致，3–32 个字母或数字。",
    "wechat.encoding_aes_key": "与公众平台“服务器配置”里的 EncodingAESKey 一致，43 个字母或数字。",
    "security.key": "生成一个：openssl rand -base64 32；请另行妥善保存，丢了就解不开手机号。",
}


def _app_id(text: str) -> str:
    if text and not re.fullmatch(r"[\w-]{1,64}", text, re.ASCII):
        raise ValueError("应为公众平台上的 AppID，例如 wx1234567890abcdef。")
    return text


def _token(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9]{3,32}", text):
        raise ValueError(f"应为 3–32 个字母或数字，现在是 {len(text)} 个字符。")
    return text


def _encoding_aes_key(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9+/]{43}", text):
        raise ValueError(f"应为公众平台上的 43 个字母或数字（不带 =），现在是 {len(text)} 个字符。")
    return text


def _key_32(text: str) -> str:
    if not text:
        return text
    try:
        length = len(base64.b64decode(text, validate=True))
    except binascii.Error:
        length = 0
    if length != 32:
        raise ValueError("应为 base64 写的 32 个字节，可以用 openssl rand -base64 32 生成。")
    return text


def _http_url(text: str) -> str:
    if text and (urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).netloc):
        raise ValueError("应为 http:// 或 https:// 开头的地址。")
    return text.rstrip("/")


def _database_url(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("应为空（SQLite）或 postgresql+psycopg://用户@主机/库名。")
    return text


def _redis_url(text: str) -> str:
    if text and not text.startswith(("redis://", "rediss://", "unix://", "redis+sentinel://")):
        raise ValueError("应为空（内置 Valkey）或 redis://主机:6379/0。")
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("不是时区名，例如 Asia/Shanghai。") from None
    return text


APP_ID = AfterValidator(_app_id)
TOKEN = AfterValidator(_token)
ENCODING_AES_KEY = AfterValidator(_encoding_aes_key)
KEY_32 = AfterValidator(_key_32)
HTTP_URL = AfterValidator(_http_url)
DATABASE_URL = AfterValidator(_database_url)
REDIS_URL = AfterValidator(_redis_url)
TIMEZONE = AfterValidator(_timezone)

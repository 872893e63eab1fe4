"""WeChat's sealed envelope (消息加解密): signatures, AES-256-CBC sealing and strict opening."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
_BLOCK = 32  # WeChat pads to 32 bytes, not to AES's own 16
_RANDOM = 16
_HEAD = _RANDOM + 4


class EnvelopeError(ValueError):
    """A sealed text could not be opened; says which step failed, never what was inside."""


def signature(token: str, *parts: str) -> str:
    """SHA-1 (hex) over the token and the parts, sorted and joined; the plain check takes timestamp and nonce."""
    # surrogatepass: a query may hold anything; it must fail the comparison, not the encoding.
    return hashlib.sha1("".join(sorted((token, *parts))).encode("utf-8", "surrogatepass")).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare in constant time. Bytes, because ``compare_digest`` raises TypeError on non-ASCII text."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


class Envelope:
    """Seals and opens with one account's EncodingAESKey. Safe to share between threads."""

    def __init__(self, token: str, encoding_aes_key: str, app_id: str) -> None:
        if not _KEY.fullmatch(encoding_aes_key):
            raise ValueError("encoding_aes_key must be exactly 43 letters and digits (开发 → 基本配置)")
        if not app_id:
            raise ValueError("app_id is empty: it is sealed with every message and must be known")
        # 43 characters carry 258 bits; WeChat generates keys whose last two bits are not zero, so decode leniently.
        key = base64.b64decode(encoding_aes_key + "=")
        self._token = token
        self._app_id = app_id.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))  # the fixed IV is WeChat's protocol

    def seal(self, plaintext: bytes) -> str:
        packed = os.urandom(_RANDOM) + len(plaintext).to_bytes(4, "big") + plaintext + self._app_id
        padding = _BLOCK - len(packed) % _BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(packed + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode("ascii")

    def open(self, encrypted: str) -> bytes:
        """The message inside, or EnvelopeError. Check the signature first: CBC alone authenticates nothing."""
        packed = self._unpadded(self._decrypted(encrypted))
        end = _HEAD + int.from_bytes(packed[_RANDOM:_HEAD], "big")
        if len(packed) < _HEAD or end > len(packed):
            raise EnvelopeError("length field does not fit")
        if not hmac.compare_digest(packed[end:], self._app_id):
            raise EnvelopeError("sealed for another app id")
        return packed[_HEAD:end]

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """``msg_signature``: unlike the plain signature it covers the sealed body."""
        return signature(self._token, timestamp, nonce, encrypted)

    def _decrypted(self, encrypted: str) -> bytes:
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:  # ValueError: characters outside ASCII
            raise EnvelopeError("not base64") from error
        if not sealed or len(sealed) % 16:
            raise EnvelopeError("not whole AES blocks")
        decryptor = self._cipher.decryptor()
        return decryptor.update(sealed) + decryptor.finalize()

    def _unpadded(self, padded: bytes) -> bytes:
        size = padded[-1]
        if not 1 <= size <= _BLOCK or padded[-size:] != bytes([size]) * size:
            raise EnvelopeError("wrong padding")
        return padded[:-size]

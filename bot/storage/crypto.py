"""Encryption of personal data, and a keyed hash that finds a value again without storing it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORM = b"\x01"


class Undecipherable(ValueError):
    """Encrypted with another key, or damaged."""


class Cipher:
    """``key`` is 32 bytes as base64. Encryption and hashing use keys derived from it, so neither weakens the other."""

    def __init__(self, key: str) -> None:
        try:
            secret = base64.b64decode(key.strip().replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) != 32:
            raise ValueError("security.key must be 32 bytes written as base64 (44 characters)")
        self._aead = AESGCM(_derive(secret, b"encrypt"))
        self._hash_key = _derive(secret, b"hash")

    @staticmethod
    def generate_key() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    def encrypt(self, text: str) -> bytes:
        return self.encrypt_bytes(text.encode())

    def decrypt(self, sealed: bytes) -> str:
        return self.decrypt_bytes(sealed).decode()

    def encrypt_bytes(self, content: bytes) -> bytes:
        """One form byte, 12 bytes of nonce, AES-256-GCM."""
        nonce = os.urandom(12)
        return _FORM + nonce + self._aead.encrypt(nonce, content, _FORM)

    def decrypt_bytes(self, sealed: bytes) -> bytes:
        if sealed[:1] != _FORM or len(sealed) < 29:
            raise Undecipherable("not encrypted by this program")
        try:
            return self._aead.decrypt(sealed[1:13], sealed[13:], _FORM)
        except InvalidTag:
            raise Undecipherable("encrypted with another security.key, or damaged") from None

    def keyed_hash(self, text: str) -> str:
        """64 hex digits, the same for the same text and key."""
        return hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"qingsheng " + purpose).derive(secret)

"""Personal data is unreadable without the key, and found again by a keyed hash."""

from __future__ import annotations

import base64

import pytest

from bot.storage.crypto import Cipher, Undecipherable


def test_round_trip_and_never_the_same_twice(cipher: Cipher) -> None:
    first, second = cipher.encrypt("13800138000"), cipher.encrypt("13800138000")
    assert first != second
    assert cipher.decrypt(first) == cipher.decrypt(second) == "13800138000"
    assert b"138" not in first and len(first) < 64


def test_damage_and_another_key_are_noticed(cipher: Cipher) -> None:
    sealed = cipher.encrypt("王小雨")
    for at in range(len(sealed)):
        with pytest.raises(Undecipherable):
            cipher.decrypt(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
    for broken in (b"", sealed[:20], b"13800138000"):
        with pytest.raises(Undecipherable):
            cipher.decrypt(broken)
    with pytest.raises(Undecipherable, match="another security.key"):
        Cipher(Cipher.generate_key()).decrypt(sealed)


def test_the_hash_depends_on_text_and_key(cipher: Cipher) -> None:
    digest = cipher.keyed_hash("phone:13800138000")
    assert digest == cipher.keyed_hash("phone:13800138000") and len(digest) == 64
    others = {cipher.keyed_hash("phone:13800138001"), Cipher(Cipher.generate_key()).keyed_hash("phone:13800138000")}
    assert digest not in others and len(others) == 2


def test_both_alphabets_of_base64_are_the_same_key() -> None:
    raw = bytes(range(224, 256))
    plain, urlsafe = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    assert plain != urlsafe
    assert Cipher(plain).decrypt(Cipher(f" {urlsafe}\n").encrypt("好")) == "好"


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode(), "密" * 44, "!" * 44])
def test_a_bad_key_says_what_a_good_one_is(key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(key)

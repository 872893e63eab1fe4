"""The sealed envelope: WeChat's own vectors, wechatpy as a second opinion, and every way of tampering."""

import base64
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.wechat.envelope import Envelope, EnvelopeError, same, signature
from tests.wechat.account import APP_ID, ENVELOPE, KEY, NONCE, TIMESTAMP, TOKEN

MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>"
    "<CreateTime>1409735668</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>"
    "<MsgId>6054768590064713728</MsgId></xml>"
)
ENCRYPTED = (
    "Q3stYC6hdFzMh9T8HCvyDNMeYCOnAyf3OrKC+Ct5/vHY+4HxRM+EWjQUOGPCeNxe4ue1MV2+Flk4atOWBegBEGq6d3qOb76VpBcxjKywoZhDjICi5G/N"
    "1+FTYqnPed/ingiOlVktXa87k/rfS1xsd64BTTDc3ZWEe5fN7AmgmnWoBl73IhnGjAvn7XItSI4iMD4m1YgXccAsh3ioPuH3dZcFGbGnZj02yKl+UCo1"
    "pwWiLlWcdlIM6p87vFnzOVhwa8uRRQl08lnkwU+GdwG2PACQCwX0UrifG+ExILEdmAbYDCtFIYGVSctn8aNeFEnXhTl8IT/GHepQJgNjO46hWMUXfibO"
    "MJiEGr+JXO8RLvcTYWLZai9CZyyVf9qjwcQL"
)


def packed(message: bytes, app_id: bytes = APP_ID.encode(), length: int | None = None, padding: bytes = b"") -> str:
    """Seal by hand, so that each field can be wrong."""
    key = base64.b64decode(KEY + "=")
    content = b"0123456789abcdef" + struct.pack(">I", len(message) if length is None else length) + message + app_id
    size = 32 - len(content) % 32
    content += padding or bytes([size]) * size
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(content) + encryptor.finalize()).decode()


def test_sample_vector_is_sealed_opened_and_signed_exactly():
    assert packed(MESSAGE.encode()) == ENCRYPTED
    assert ENVELOPE.open(ENCRYPTED).decode() == MESSAGE
    assert ENVELOPE.signature(TIMESTAMP, NONCE, ENCRYPTED) == "dac935fdec43097e903e5ee8caa8b075a6e353ed"
    assert signature(TOKEN, TIMESTAMP, NONCE) == "16120ec1b8dbb870f510d87ce6bc2463eae6ca1a"


@given(st.binary(max_size=300))
def test_what_is_sealed_is_opened(message):
    assert ENVELOPE.open(ENVELOPE.seal(message)) == message


def test_sealing_twice_gives_two_texts():
    assert ENVELOPE.seal(b"x") != ENVELOPE.seal(b"x")


@pytest.mark.parametrize("size", range(64))
def test_wechatpy_opens_ours_and_we_open_wechatpys_at_every_padding(size):
    message = "字" + "x" * size
    theirs = WeChatCrypto(TOKEN, KEY, APP_ID)
    ours = ENVELOPE.seal(message.encode())
    envelope = {"Encrypt": ours}
    assert theirs.decrypt_message(envelope, ENVELOPE.signature("1", "2", ours), "1", "2") == message
    sealed = theirs.encrypt_message(message, "2", "1").partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
    assert ENVELOPE.open(sealed).decode() == message


@pytest.mark.parametrize(
    ("encrypted", "step"),
    [
        ("", "blocks"),
        ("====", "base64"),
        (ENCRYPTED[:-1], "base64"),
        (ENCRYPTED[:-2] + "!=", "base64"),
        (ENCRYPTED + "字", "base64"),
        (ENCRYPTED[:4] + "\n" + ENCRYPTED[4:], "base64"),
        (ENCRYPTED[:-4], "blocks"),
        (base64.b64encode(b"short").decode(), "blocks"),
        (base64.b64encode(base64.b64decode(ENCRYPTED)[:-16]).decode(), "padding"),
        (packed(b"m", padding=b"\0" * 9), "padding"),
        (packed(b"m" * 9, padding=b"\x21" * 33), "padding"),
        (packed(b"m", padding=b"\x08" + b"\x09" * 8), "padding"),
        (packed(b"m", length=0xFFFFFFFF), "length"),
        (packed(b"m", length=20), "length"),
        (packed(b"m", length=0), "app id"),
        (packed(b"m", app_id=b"wx2c2769f8efd9abc3"), "app id"),
        (packed(b"m", app_id=b""), "app id"),
        (packed(b"m", app_id="字".encode()), "app id"),
    ],
)
def test_tampered_text_is_refused_by_the_step_that_sees_it(encrypted, step):
    with pytest.raises(EnvelopeError, match=step):
        ENVELOPE.open(encrypted)


def test_cbc_alone_lets_a_message_be_changed_and_only_msg_signature_notices():
    sealed = bytearray(base64.b64decode(packed(b"<xml/>")))
    sealed[4] ^= 1  # turns the byte 16 further on, the first of the message
    forged = base64.b64encode(sealed).decode()
    assert ENVELOPE.open(forged) == b"=xml/>"
    assert ENVELOPE.signature("1", "2", forged) != ENVELOPE.signature("1", "2", packed(b"<xml/>"))


@given(st.binary(max_size=200))
def test_opening_anything_raises_nothing_but_its_own_error(sealed):
    with pytest.raises(EnvelopeError):
        ENVELOPE.open(base64.b64encode(sealed).decode())


def test_a_text_too_short_for_its_own_head_is_refused():
    key = base64.b64decode(KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = base64.b64encode(encryptor.update(b"x" * 8 + b"\x18" * 24) + encryptor.finalize()).decode()
    with pytest.raises(EnvelopeError, match="length"):
        ENVELOPE.open(sealed)


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "H", KEY[:-1] + "=", KEY[:-1] + "字", KEY[:-1] + "\n"])
def test_a_wrong_key_is_refused_with_the_name_of_the_setting(key):
    with pytest.raises(ValueError, match="encoding_aes_key must be exactly 43"):
        Envelope(TOKEN, key, APP_ID)


def test_an_empty_app_id_is_refused():
    with pytest.raises(ValueError, match="app_id"):
        Envelope(TOKEN, KEY, "")


def test_keys_whose_last_bits_are_not_zero_are_taken():
    assert Envelope(TOKEN, KEY[:-1] + "9", APP_ID).open(Envelope(TOKEN, KEY[:-1] + "8", APP_ID).seal(b"m")) == b"m"


@pytest.mark.parametrize("given", ["é", "\ud800", "字" * 40, ""])
def test_signatures_outside_ascii_are_unequal_not_an_error(given):
    assert not same(given, signature(TOKEN, "1", "2"))


def test_signing_any_text_works():
    assert len(signature(TOKEN, "\ud800", "字")) == 40

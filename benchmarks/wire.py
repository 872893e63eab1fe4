"""One sealed text in and one sealed answer out, in one process: our gateway beside wechatpy's own crypto and parser."""

from __future__ import annotations

import timeit
from datetime import datetime, timezone

from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto

from bot.wechat.envelope import Envelope
from bot.wechat.gateway import Gateway
from bot.wechat.replies import Text

ACCOUNT = {"token": "benchmark", "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "app_id": "wx01"}
PUSH = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oABC]]></FromUserName>"
    "<CreateTime>1409735668</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[周末有什么活动]]></Content>"
    "<MsgId>6054768590064713728</MsgId></xml>"
)
ANSWER = "这个周末有两场志愿活动，回复数字就能报名。" * 8
REPEAT, NUMBER = 7, 2000


def main() -> None:
    encrypted = Envelope(**ACCOUNT).seal(PUSH.encode())
    body = f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
    signed = Envelope(**ACCOUNT).signature("1409735669", "42", encrypted)
    query = {"timestamp": "1409735669", "nonce": "42", "encrypt_type": "aes", "msg_signature": signed}
    gateway, now = Gateway(**ACCOUNT, mode="secure"), datetime.now(timezone.utc)
    theirs = WeChatCrypto(*ACCOUNT.values())

    def ours() -> None:
        gateway.encode(gateway.decode(query, body), Text(ANSWER), now)

    def wechatpy() -> None:
        message = parse_message(theirs.decrypt_message(body, signed, "1409735669", "42"))
        theirs.encrypt_message(create_reply(ANSWER, message).render(), "42", "1409735669")

    for name, one in (("gateway", ours), ("wechatpy", wechatpy)):
        best = min(timeit.repeat(one, number=NUMBER, repeat=REPEAT)) / NUMBER
        print(f"{name:9} {best * 1e6:6.1f} µs for one message, {1 / best:8.0f} a second and core")


if __name__ == "__main__":
    main()

"""The peers of the webhook benchmark: bare Flask, and the echo that wechatpy's own example shows."""

from __future__ import annotations

import os

from flask import Flask, Response, request

flask_app = Flask("bare")


@flask_app.post("/wechat")
def bare() -> Response:
    """Reads the body and answers as many bytes as a sealed reply has: the floor under everything."""
    request.get_data()
    return Response(b"x" * 700, mimetype="application/xml")


wechatpy_app = Flask("echo")


@wechatpy_app.post("/wechat")
def echo() -> str:
    """Decrypt, parse, echo, encrypt, as in wechatpy's examples for encrypted mode."""
    from wechatpy import create_reply, parse_message
    from wechatpy.crypto import WeChatCrypto

    crypto = WeChatCrypto(os.environ["BENCH_TOKEN"], os.environ["BENCH_KEY"], os.environ["BENCH_APP_ID"])
    query = request.args
    plain = crypto.decrypt_message(request.data, query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(plain)
    reply = create_reply(message.content, message)
    return str(crypto.encrypt_message(reply.render(), query["nonce"], query["timestamp"]))

"""HTTP/1.1 as servers really speak it: pieces, chunks, ends that are said or only seen, connections kept or closed."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.wechat import connections
from bot.wechat.connections import Broken, Connections, NoConnection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Says these bytes to one request after the other, piece by piece; None closes the connection."""

    def __init__(self, *script: bytes | None) -> None:
        self.script, self.accepted = list(script), 0
        self.asked: list[bytes] = []
        self.said = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.wrap: Callable[[socket.socket], socket.socket] = lambda connection: connection
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self.script:
            try:
                connection, _ = self.listener.accept()
                connection = self.wrap(connection)
            except OSError:
                continue  # refused the certificate, or the test is over
            self.accepted += 1
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        while self.script:
            if not _request(connection, self.asked):
                return
            while self.script and (piece := self.script.pop(0)) != b"":
                if piece is None:
                    return self.said.set()
                connection.sendall(piece)
            self.said.set()


def _request(connection: socket.socket, asked: list[bytes]) -> bool:
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length(data):
        piece = connection.recv(65536)
        if not piece:
            return False
        data += piece
    asked.append(data)
    return True


def _length(data: bytes) -> int:
    found = [line for line in data.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return int(found[0].split(b":")[1]) if found else 0


@contextmanager
def serving(*script: bytes | None) -> Iterator[tuple[Server, Connections]]:
    server = Server(*script)
    try:
        yield server, Connections(server.url, kept=2, connect_s=5.0, read_s=5.0)
    finally:
        server.listener.close()


def test_a_request_is_whole_and_says_who_asks() -> None:
    with serving(OK) as (server, wechat):
        answer = wechat.call("POST", "/cgi-bin/x?a=%E5%A5%BD", '{"好":1}'.encode(), "application/json")
        assert (answer.status, answer.content) == (200, b"{}")
        host = server.url.removeprefix("http://")
        head, _, body = server.asked[0].partition(b"\r\n\r\n")
        assert head.split(b"\r\n") == [
            b"POST /cgi-bin/x?a=%E5%A5%BD HTTP/1.1", b"Host: " + host.encode(), b"User-Agent: qingsheng",
            b"Accept: */*", b"Content-Type: application/json", b"Content-Length: 9",
        ]  # fmt: skip
        assert body.decode() == '{"好":1}'


@pytest.mark.parametrize(
    ("script", "content"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-", b"Length: 2\r\n\r", b"\n{", b"}"), b"{}"),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" + OK,), b"{}"),
        (
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1;x\r\n{\r", b"\n1\r\n}\r\n0\r\nA: b\r\n\r\n"),
            b"{}",
        ),
        ((b"HTTP/1.1 204\r\n\r\n",), b""),
        ((b"HTTP/1.1 200 OK\r\n\r\n{", b"}", None), b"{}"),
        ((b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",), b"{}"),
        ((b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\n{}",), b"{}"),
    ],
    ids=["in pieces", "continue", "chunks", "nothing", "until the end", "1.0", "close"],
)
def test_an_answer_is_read_to_its_end_and_the_connection_kept_when_it_may_be(
    script: tuple[bytes | None, ...], content: bytes
) -> None:
    kept = script[0] is not None and not any(word in script[0] for word in (b"/1.0", b"Close", b"OK\r\n\r\n{"))
    closed = script[-1] is None
    with serving(*script, *(() if closed else (b"",)), OK) as (server, wechat):
        assert wechat.call("GET", "/first").content == content
        assert wechat.call("GET", "/second").content == b"{}"
        assert server.accepted == (1 if kept else 2)


@pytest.mark.parametrize(
    "script",
    [
        (None,),
        (b"HTTP/1.1 200 OK\r\nContent-Le", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (connections.MAX_HEAD + connections.PIECE) + b"\r\n\r\n",),
    ],
    ids=["closed", "half a head", "half a body", "less than nothing", "no chunk", "half a chunk", "too long", "no HTTP",
         "endless head"],
)  # fmt: skip
def test_all_else_is_broken_and_asked_only_once(script: tuple[bytes | None, ...]) -> None:
    with serving(*script) as (server, wechat):
        with pytest.raises(Broken):
            wechat.call("GET", "/")
        assert len(server.asked) == 1


def test_a_connection_that_was_closed_while_it_rested_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RESTED_S", 0.0)
    with serving(OK, None, OK) as (server, wechat):
        wechat.call("GET", "/first")
        assert server.said.wait(5)
        assert wechat.call("GET", "/second").status == 200, "on a new connection"
        assert server.accepted == 2


def test_a_line_break_never_gets_into_a_request() -> None:
    wechat = Connections("http://127.0.0.1:9", kept=1, connect_s=0.1, read_s=0.1)
    with pytest.raises(ValueError, match="not a path"):
        wechat.call("GET", "/x HTTP/1.1\r\nHost: elsewhere")


def certificate(folder: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WeChat of a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1,
        not_valid_before=now - datetime.timedelta(days=1), not_valid_after=now + datetime.timedelta(days=1),
    )  # fmt: skip
    made = made.add_extension(names, False).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return public, private


def test_over_tls_only_a_server_with_a_certificate_that_we_trust_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    with serving(OK, b"", OK) as (server, _):
        server.wrap = lambda connection: context.wrap_socket(connection, server_side=True)
        url = server.url.replace("http:", "https:")
        with pytest.raises(NoConnection, match="certificate"):
            Connections(url, kept=1, connect_s=2.0, read_s=2.0).call("GET", "/")
        assert server.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        wechat = Connections(url, kept=1, connect_s=2.0, read_s=2.0)
        assert [wechat.call("POST", "/", b"{}").status for _ in range(2)] == [200, 200]
        assert server.accepted == 1

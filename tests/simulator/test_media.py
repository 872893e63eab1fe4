"""Media: temporary and permanent, kinds and sizes."""

from __future__ import annotations

import pytest

from bot.simulator.media import sample_png
from tests.simulator.conftest import Client, Start

PNG, AMR, MP4 = sample_png(3), b"#!AMR\n" + bytes(100), b"\x00\x00\x00\x18ftypmp42" + bytes(100)
UPLOAD = "/cgi-bin/media/upload"


def test_upload_and_download(sim: Client) -> None:
    sent = sim.upload(UPLOAD, PNG, type="image")
    assert sent["type"] == "image" and sent["created_at"] > 0
    got = sim.raw("GET", "/cgi-bin/media/get", params={"access_token": sim.token(), "media_id": sent["media_id"]})
    assert got.content == PNG and got.headers["Content-Type"] == "image/png"
    assert "attachment" in got.headers["Content-Disposition"]
    sim.advance(3 * 24 * 3600 + 1)
    assert sim.get("/cgi-bin/media/get", media_id=sent["media_id"])["errcode"] == 40007


def test_a_video_is_an_address(sim: Client) -> None:
    id = sim.upload(UPLOAD, MP4, type="video")["media_id"]
    url = sim.get("/cgi-bin/media/get", media_id=id)["video_url"]
    assert sim.http.get(url).content == MP4


def test_thumbs_have_their_own_name(sim: Client) -> None:
    assert "thumb_media_id" in sim.upload(UPLOAD, PNG, type="thumb")


@pytest.mark.parametrize(
    ("type", "data", "code"),
    [
        ("dance", PNG, 40004),
        ("image", b"", 44001),
        ("image", b"not a picture", 40137),
        ("voice", PNG, 40005),
        ("voice", AMR, 0),
        ("voice", AMR + bytes(2 * 1024 * 1024), 40010),
        ("thumb", PNG + bytes(65 * 1024), 40012),
        ("video", MP4 + bytes(10 * 1024 * 1024), 40011),
    ],
)
def test_kinds_and_sizes(sim: Client, type: str, data: bytes, code: int) -> None:
    assert sim.upload(UPLOAD, data, type=type).get("errcode", 0) == code


def test_no_file(sim: Client) -> None:
    assert sim.raw("POST", UPLOAD, params={"access_token": sim.token(), "type": "image"}).json()["errcode"] == 41005


def test_permanent_material(sim: Client) -> None:
    kept = sim.upload("/cgi-bin/material/add_material", PNG, type="image")
    assert kept["url"]
    sim.advance(30 * 24 * 3600)
    query = {"access_token": sim.token()}
    got = sim.raw("POST", "/cgi-bin/material/get_material", params=query, json={"media_id": kept["media_id"]})
    assert got.content == PNG
    assert sim.get("/cgi-bin/material/get_materialcount")["image_count"] == 1
    listed = sim.post("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})
    assert [one["media_id"] for one in listed["item"]] == [kept["media_id"]]
    assert sim.post("/cgi-bin/material/batchget_material", {"type": "image", "count": 21})["errcode"] == 40035
    assert sim.post("/cgi-bin/material/del_material", {"media_id": kept["media_id"]})["errcode"] == 0
    assert sim.post("/cgi-bin/material/del_material", {"media_id": kept["media_id"]})["errcode"] == 40007


def test_pictures_for_article_bodies(sim: Client) -> None:
    url = sim.upload("/cgi-bin/media/uploadimg", PNG)["url"]
    assert sim.http.get(url).content == PNG
    assert sim.upload("/cgi-bin/media/uploadimg", PNG + bytes(1024 * 1024))["errcode"] == 40009
    assert sim.upload("/cgi-bin/media/uploadimg", b"GIF89a" + bytes(10))["errcode"] == 40137
    assert sim.get("/cgi-bin/material/get_materialcount")["image_count"] == 0


def test_old_temporary_media_make_room(start: Start) -> None:
    sim = start(media_cap_bytes=3 * len(PNG))
    ids = [sim.upload(UPLOAD, PNG, type="image")["media_id"] for _ in range(5)]
    token = sim.token()

    def status(id: str) -> bool:
        found = sim.raw("GET", "/cgi-bin/media/get", params={"access_token": token, "media_id": id})
        return found.content == PNG

    assert [status(id) for id in ids] == [False, False, True, True, True]

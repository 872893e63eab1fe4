"""Other people's SDKs, pointed here by their host setting: wechatpy in this process, co-wechat-api in node."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException
from wechatpy.oauth import WeChatOAuth

from bot.simulator.media import sample_png
from tests.fixtures.npm import installed
from tests.simulator.conftest import APP_ID, APP_SECRET, NOTICE, REMINDER, Client

PACKAGE = "co-wechat-api@3.11.0"
HERE = Path(__file__).parent


@pytest.fixture
def wechatpy(sim: Client) -> WeChatClient:
    class Here(WeChatClient):
        API_BASE_URL = f"{sim.base}/cgi-bin/"

    return Here(APP_ID, APP_SECRET, timeout=10, auto_retry=False)


@pytest.fixture
def fetches_its_token_here(sim: Client, monkeypatch: pytest.MonkeyPatch, wechatpy: WeChatClient) -> WeChatClient:
    """wechatpy's token address has no setting of its own: hand it a token of ours."""
    wechatpy.session.set(wechatpy.access_token_key, sim.token())
    return wechatpy


def test_wechatpy_walks(sim: Client, fetches_its_token_here: WeChatClient) -> None:
    client, openid = fetches_its_token_here, sim.follow()
    client.menu.create({"button": [{"type": "click", "name": "报名", "key": "sign_up"}]})
    assert client.menu.get()["menu"]["button"][0]["key"] == "sign_up"
    assert list(client.user.iter_followers()) == [openid]
    assert client.user.get(openid)["subscribe"] == 1
    client.user.update_remark(openid, "队长")
    tag = client.tag.create("骨干")["id"]
    client.tag.tag_user(tag, openid)
    assert client.tag.get_user_tag(openid) == [tag]
    client.message.send_text(openid, "您好 🌱")
    media = client.media.upload("image", ("a.png", sample_png(1)))["media_id"]
    client.message.send_image(openid, media)
    assert client.media.download(media).content == sample_png(1)
    client.message.send_template(openid, REMINDER, {"thing1": {"value": "清洁"}}, url="https://example.com")
    sim.event(openid, "subscribe_msg_popup_event", choices=[{"template_id": NOTICE}])
    client.message.send_subscribe_message(openid, NOTICE, {"thing1": {"value": "清洁"}})
    scene = {"action_name": "QR_STR_SCENE", "expire_seconds": 60, "action_info": {"scene": {"scene_str": "a"}}}
    ticket = client.qrcode.create(scene)["ticket"]
    assert ticket
    thumb = client.material.add("image", ("a.png", sample_png(2)))["media_id"]
    draft = client.draft.add([{"title": "清洁", "content": "带水壶", "thumb_media_id": thumb}])["media_id"]
    assert client.draft.count()["total_count"] == 1
    assert client.freepublish.submit(draft)["publish_id"]
    assert client.message.send_mass_text("周六见", is_to_all=True)["msg_id"]
    assert client.jsapi.get_ticket()["ticket"]
    assert [item["kind"] for item in sim.inbox(openid)][:5] == ["welcome", "custom", "custom", "template", "subscribe"]


def test_wechatpy_hears_refusals(sim: Client, fetches_its_token_here: WeChatClient) -> None:
    openid = sim.follow()
    for _ in range(3):
        fetches_its_token_here.message.send_text(openid, "x")
    with pytest.raises(WeChatClientException) as refused:
        fetches_its_token_here.message.send_text(openid, "x")
    assert refused.value.errcode == 45047
    sim.faults(invalidate_token=True)
    with pytest.raises(WeChatClientException) as refused:
        fetches_its_token_here.user.get(openid)
    assert refused.value.errcode == 40001


def test_wechatpy_logs_a_person_in(sim: Client) -> None:
    class Here(WeChatOAuth):
        API_BASE_URL = f"{sim.base}/"
        OAUTH_BASE_URL = f"{sim.base}/connect/"

    openid = sim.follow(nickname="小林")
    oauth = Here(APP_ID, APP_SECRET, "https://bot.example/back", scope="snsapi_userinfo", state="s")
    back = sim.http.get(oauth.authorize_url.replace("#", f"&openid={openid}#"), allow_redirects=False)
    code = back.headers["Location"].partition("code=")[2].partition("&")[0]
    assert oauth.fetch_access_token(code)["openid"] == openid
    assert oauth.get_user_info()["nickname"] == "小林"


def test_co_wechat_api_walks(sim: Client, tmp_path: Path) -> None:
    folder = installed(PACKAGE)
    picture = tmp_path / "a.png"
    picture.write_bytes(sample_png(4))
    told = {"base": sim.base, "appid": APP_ID, "secret": APP_SECRET, "openid": sim.follow(), "template": REMINDER}
    done = subprocess.run(
        ["node", str(HERE / "co_wechat_api.cjs"), json.dumps({**told, "picture": str(picture)})],
        env={**os.environ, "NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "walked"), done.stderr

// A walk through co-wechat-api against the simulator: its address, the account and a follower come as JSON in argv.
"use strict";

const assert = require("node:assert");
const API = require("co-wechat-api");

const { base, appid, secret, openid, template, picture } = JSON.parse(process.argv[2]);

function connect(appsecret = secret) {
  const api = new API(appid, appsecret);
  // the SDK's host setting: the prefixes of the families it calls
  api.prefix = `${base}/cgi-bin/`;
  api.mpPrefix = `${base}/cgi-bin/`;
  api.fileServerPrefix = `${base}/cgi-bin/`;
  api.customservicePrefix = `${base}/customservice/`;
  api.snsPrefix = `${base}/sns/`;
  return api;
}

async function refused(promise, code) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.code, code, error.message);
    return true;
  });
}

async function main() {
  const api = connect();
  const button = [{ name: "我的", sub_button: [{ type: "click", name: "报名", key: "mine" }] }, { type: "view", name: "官网", url: "https://example.com/" }];
  await api.createMenu({ button });
  const { menu } = await api.getMenu();
  assert.strictEqual(menu.button[0].sub_button[0].key, "mine");
  await api.getMenuConfig();

  assert.deepStrictEqual((await api.getFollowers()).data.openid, [openid]);
  assert.strictEqual((await api.getUser({ openid, lang: "zh_CN" })).subscribe, 1);
  assert.strictEqual((await api.batchGetUsers([openid])).user_info_list.length, 1);
  await api.updateRemark(openid, "队长");
  const { tag } = await api.createTags("骨干");
  await api.batchTagging([openid], tag.id);
  assert.deepStrictEqual((await api.getIdList(openid)).tagid_list, [tag.id]);

  await api.sendText(openid, "您好 🌱");
  await api.sendNews(openid, [{ title: "清洁", description: "周六", url: "https://example.com/a", picurl: "" }]);
  const media = await api.uploadMedia(picture, "image");
  await api.sendImage(openid, media.media_id);
  await refused(api.sendText(openid, "第四条"), 45047);
  await refused(api.sendText("oNobody", "x"), 40003);
  assert.ok(Buffer.isBuffer(await api.getMedia(media.media_id)));

  const sent = await api.sendTemplate(openid, template, "https://example.com/a", "#000000", { thing1: { value: "清洁" } });
  assert.ok(String(sent.msgid).length >= 16);
  await refused(api.sendTemplate(openid, "x".repeat(43), "", "", { thing1: { value: "x" } }), 40037);

  const code = await api.createTmpQRCode(42, 1800);
  assert.strictEqual(code.expire_seconds, 1800);
  assert.ok(api.showQRCodeURL(code.ticket).startsWith(`${base}/cgi-bin/showqrcode?ticket=`));
  const material = await api.uploadMaterial(picture, "image");
  assert.strictEqual((await api.getMaterialCount()).image_count, 1);
  await api.removeMaterial(material.media_id);
  const job = await api.massSendText("周六见", true);
  assert.ok(job.msg_id);
  assert.ok((await api.getMassMessageStatus(job.msg_id)).msg_status);
  assert.ok((await api.getTicket("jsapi")).ticket);
  assert.ok((await api.getIp()).ip_list.length);

  // a token that died: the SDK fetches another one and goes on
  await fetch(`${base}/sim/faults`, { method: "POST", body: JSON.stringify({ invalidate_token: true }) });
  assert.strictEqual((await api.getUser({ openid })).openid, openid);
  await refused(connect("wrong").getFollowers(), 40125);
  console.log("walked");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

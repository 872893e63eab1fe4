// One phone: the chat of one follower with the account.

import { api } from "./api.js";
import { bubbleRow } from "./bubbles.js";
import { Composer } from "./composer.js";
import { button, h, icon } from "./dom.js";
import { noticeSheet, placeSheet, profileSheet, scanSheet } from "./sheets.js";
import { beijing } from "./times.js";

// `world` is the page: .account .now() .notices .qrcodes .busy(promise) .close(openid)
export class Phone {
  constructor(person, world) {
    this.person = person;
    this.world = world;
    this.items = new Map();
    this.last = null;
    this.build();
    this.update(person);
  }

  build() {
    this.clock = h("span", { class: "clock" });
    this.title = h("h2", { test: "header-name" });
    this.messages = h("div", { class: "messages", test: "messages", role: "log", "aria-live": "polite", tabIndex: 0 });
    this.atEnd = true;
    this.messages.addEventListener("scroll", () => { this.atEnd = this.messages.scrollHeight - this.messages.scrollTop - this.messages.clientHeight < 120; });
    new ResizeObserver(() => this.atEnd && this.scrollDown()).observe(this.messages);
    this.composer = new Composer({
      send: (text) => this.deed({ type: "text", content: text }),
      click: (one) => this.click(one),
      plus: (name) => this.plus(name),
    });
    this.follow = h("div", { class: "follow-bar" },
      button("关注公众号", () => this.deed({ type: "event", event: "subscribe" }), { class: "go", test: "follow" }),
      button("扫码关注", () => this.scan(), { class: "soft", test: "follow-by-scan" }));
    const file = h("input", { type: "file", accept: "image/png,image/jpeg,image/gif", hidden: true, test: "image-file", onchange: () => this.sendFile(file) });
    this.file = file;
    this.toast = h("div", { class: "toast", role: "status", hidden: true });
    const status = h("div", { class: "status" }, this.clock, h("span", { class: "signals", "aria-hidden": "true" }, h("i"), h("i"), h("i")));
    const back = button(icon("back", "收起这部手机"), () => this.world.close(this.person.openid), { class: "bare", test: "close-phone", "aria-label": "收起这部手机" });
    const more = button(icon("more", "资料"), () => this.profile(), { class: "bare", test: "profile", "aria-label": "资料" });
    this.screen = h("div", { class: "screen" },
      h("div", { class: "chat-head" }, status, h("div", { class: "title-bar" }, back, this.title, more)),
      this.messages, this.composer.element, this.follow, file, this.toast);
    this.element = h("div", { class: "phone-slot" },
      h("div", { class: "phone", test: "phone", data: { openid: this.person.openid } }, this.screen),
      this.caption = h("p", { class: "caption" }));
  }

  update(person) {
    this.person = person;
    const phone = this.element.firstChild;
    phone.setAttribute("aria-label", `${person.nickname}的手机`);
    phone.dataset.following = String(person.following);
    this.title.textContent = person.typing ? "对方正在输入…" : this.world.account.name;
    this.caption.textContent = `${person.nickname}的手机`;
    this.composer.element.hidden = !person.following;
    this.follow.hidden = person.following;
    this.composer.setMenu(person.menu);
  }

  tick() {
    this.clock.textContent = beijing(this.world.now()).clock;
  }

  add(items) {
    const fresh = items.filter((item) => !this.items.has(item.seq)).sort((a, b) => a.seq - b.seq);
    if (!fresh.length) return;
    const behind = this.last && fresh[0].seq < this.last.seq;
    fresh.forEach((item) => this.items.set(item.seq, item));
    const atEnd = this.atEnd;
    if (behind) {
      this.messages.replaceChildren();
      this.last = null;
      [...this.items.values()].sort((a, b) => a.seq - b.seq).forEach((item) => this.append(item));
    } else fresh.forEach((item) => this.append(item));
    if (atEnd || fresh.some((item) => item.own)) this.scrollDown();
  }

  append(item) {
    this.messages.append(...bubbleRow(item, this.last, this.world.now(), this));
    this.last = item;
  }

  scrollDown() {
    this.messages.scrollTop = this.messages.scrollHeight;
    this.messages.querySelectorAll("img").forEach((img) =>
      img.complete || img.addEventListener("load", () => { this.messages.scrollTop = this.messages.scrollHeight; }, { once: true }));
  }

  // -- deeds ---------------------------------------------------------------------------------------------

  deed(message) {
    return this.world.busy(api.send(this.person.openid, message).catch((error) => this.say(error.message)));
  }

  tap(content, id) {
    this.deed({ type: "text", content, bizmsgmenuid: id });
  }

  async click(one) {
    const key = { type: "event", event: one.type, key: one.key };
    if (one.type === "click") this.deed({ ...key, event: "CLICK" });
    else if (one.type === "view") {
      window.open(one.url, "_blank", "noopener");
      this.deed({ type: "event", event: "VIEW", key: one.url });
    } else if (one.type === "miniprogram") {
      this.say("这里打不开小程序");
      this.deed({ type: "event", event: "view_miniprogram", key: one.pagepath });
    } else if (one.type.startsWith("scancode")) this.scanInto(key);
    else if (one.type.startsWith("pic_")) {
      await this.deed({ ...key, count: 1 });
      this.file.click();
    } else if (one.type === "location_select") {
      placeSheet(this.screen, async (place) => {
        await this.deed({ ...key, ...place, poi: place.label });
        this.deed({ type: "location", scale: 16, ...place });
      });
    } else this.say("这种菜单这里不能点");
  }

  plus(name) {
    const send = {
      image: () => this.file.click(),
      location: () => placeSheet(this.screen, (place) => this.deed({ type: "location", scale: 16, ...place })),
      voice: () => this.deed({ type: "voice", seconds: 2 + Math.floor(Math.random() * 8) }),
      scan: () => this.scan(),
      notices: () => this.consent(),
      unfollow: () => this.deed({ type: "event", event: "unsubscribe" }),
    };
    send[name]();
  }

  async scan() {
    await this.world.fresh();
    scanSheet(this.screen, this.world.qrcodes, (scene, ticket) => this.deed({ type: "event", event: "SCAN", key: scene, ticket }));
  }

  async consent() {
    await this.world.fresh();
    noticeSheet(this.screen, this.world.account.name, this.world.notices, this.person.consents, (choices) => {
      this.say(choices[0].status === "accept" ? "已允许" : "已拒绝");
      this.deed({ type: "event", event: "subscribe_msg_popup_event", choices });
    });
  }

  async scanInto(key) {
    await this.world.fresh();
    scanSheet(this.screen, this.world.qrcodes, (scene) => this.deed({ ...key, result: scene }));
  }

  sendFile(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => this.deed({ type: "image", data: reader.result.split(",")[1] }));
    reader.readAsDataURL(file);
  }

  profile() {
    profileSheet(this.screen, this.person, this.world.account.name, {
      receives: (receives) => this.world.busy(api.change(this.person.openid, { blocks_pushes: !receives })),
      unfollow: () => this.deed({ type: "event", event: "unsubscribe" }),
    });
  }

  say(text) {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { this.toast.hidden = true; }, 2600);
  }
}

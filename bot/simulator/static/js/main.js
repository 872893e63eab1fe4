// The desk: which phones lie on it, the poll that feeds them, the chips to switch between followers.

import { api } from "./api.js";
import { avatar, button, h } from "./dom.js";
import { Phone } from "./phone.js";
import { Tools } from "./tools.js";

const POLL_MS = 700;
const EAGER_MS = 160; // while an exchange is under way
const PHONE_PX = 380;
const KEPT = "open-phones";

class Desk {
  constructor() {
    this.phones = new Map();
    this.people = new Map();
    this.seq = 0;
    this.callsAfter = 0;
    this.pending = 0;
    this.waiting = [];
    this.offsetMs = 0;
    this.notices = [];
    this.qrcodes = [];
    this.room = document.getElementById("phones");
    this.chips = document.getElementById("chips");
  }

  async start() {
    const state = await api.state({ openids: "" });
    this.account = state.account;
    document.title = `${this.account.name} · 模拟微信`;
    this.tools = new Tools(this);
    const panel = document.getElementById("tools");
    panel.append(this.tools.element);
    document.getElementById("show-tools").addEventListener("click", () => panel.classList.toggle("open"));
    this.take(state);
    this.openKept(state.people);
    setInterval(() => this.tick(), 500);
    window.addEventListener("resize", () => this.layOut());
    this.layOut();
    this.poll();
  }

  now() {
    return new Date(Date.now() + this.offsetMs);
  }

  busy(promise) {
    this.pending += 1;
    this.wake();
    return promise.finally(() => {
      this.pending -= 1;
      this.wake();
    });
  }

  // -- the poll --------------------------------------------------------------------------------------------

  // When the promise resolves, the page has seen everything that had happened when it was asked.
  fresh() {
    this.wake();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async poll() {
    const served = this.waiting.splice(0);
    try {
      this.take(await api.state({ openids: [...this.phones.keys()].join(","), after: this.seq, calls_after: this.callsAfter }));
      document.body.classList.remove("offline");
    } catch {
      document.body.classList.add("offline");
    }
    served.forEach((resolve) => resolve());
    await new Promise((resolve) => {
      this.wakeUp = resolve;
      setTimeout(resolve, this.pending ? EAGER_MS : POLL_MS);
    });
    this.poll();
  }

  wake() {
    setTimeout(() => this.wakeUp?.(), 30);
  }

  take(state) {
    if (this.epoch && state.epoch !== this.epoch) return location.reload(); // the simulator was reset
    this.epoch = state.epoch;
    this.seq = state.seq;
    this.offsetMs = new Date(state.now) - Date.now();
    this.notices = state.notices;
    this.qrcodes = state.qrcodes;
    this.people = new Map(state.people.map((person) => [person.openid, person]));
    if (state.calls.length) this.callsAfter = state.calls.at(-1).seq;
    this.tools.update(state);
    for (const [openid, phone] of this.phones) {
      if (this.people.has(openid)) phone.update(this.people.get(openid));
      phone.add(state.items.filter((item) => item.openid === openid));
    }
    this.tick();
    this.showChips();
  }

  tick() {
    this.tools.tick(this.now());
    this.phones.forEach((phone) => phone.tick());
  }

  // -- phones ------------------------------------------------------------------------------------------------

  capacity() {
    return Math.max(1, Math.min(3, Math.floor(this.room.clientWidth / PHONE_PX)));
  }

  openKept(people) {
    let kept = [];
    try {
      kept = JSON.parse(localStorage.getItem(KEPT) || "[]");
    } catch {
      localStorage.removeItem(KEPT);
    }
    const known = kept.filter((openid) => this.people.has(openid));
    const first = known.length ? known : people.slice(-this.capacity()).map((person) => person.openid);
    first.forEach((openid) => this.open(openid));
    this.layOut();
  }

  async open(openid) {
    if (this.phones.has(openid)) return;
    const phone = new Phone(this.people.get(openid), this);
    this.phones.set(openid, phone);
    this.layOut();
    phone.add(await api.inbox(openid));
    phone.scrollDown();
  }

  close(openid) {
    this.phones.get(openid)?.element.remove();
    this.phones.delete(openid);
    this.layOut();
    this.showChips();
  }

  layOut() {
    const room = this.capacity();
    for (const openid of [...this.phones.keys()].slice(0, Math.max(0, this.phones.size - room))) {
      this.phones.get(openid).element.remove();
      this.phones.delete(openid);
    }
    const shown = [...this.phones.values()].map((phone) => phone.element);
    if (!shown.length && !this.room.querySelector(".empty")) this.room.replaceChildren(this.newcomer());
    if (shown.length) this.room.querySelector(".empty")?.parentElement.remove();
    // never moved once they lie there: a moved element forgets how far it was scrolled
    this.room.append(...shown.filter((element) => !element.isConnected));
    localStorage.setItem(KEPT, JSON.stringify([...this.phones.keys()]));
    this.phones.forEach((phone) => phone.tick());
  }

  newcomer() {
    const add = button("关注公众号", () => this.add(), { class: "go", test: "add-first-follower" });
    const name = h("b", {}, this.account.name);
    const card = h("div", { class: "account-card" }, avatar("", false), name, h("small", {}, "共青团的志愿服务账号"), add, h("p", { class: "hint" }, "按一下，就有一位新的关注者拿起这部手机。"));
    return h("div", { class: "phone-slot" }, h("div", { class: "phone empty" }, h("div", { class: "screen" }, card)));
  }

  async add(options = {}) {
    const person = await this.busy(api.meet({ ...options, follow: false }));
    this.people.set(person.openid, { openid: person.openid, nickname: person.nickname, following: false, consents: {}, menu: [] });
    await this.open(person.openid);
    this.phones.get(person.openid).deed({ type: "event", event: "subscribe" });
  }

  // -- chips -------------------------------------------------------------------------------------------------

  showChips() {
    const key = JSON.stringify([...this.people.values()].map((p) => [p.openid, p.following, p.last_seq, this.phones.has(p.openid)]));
    if (key === this.chipsKey) return;
    this.chipsKey = key;
    this.seen ??= new Map();
    const chips = [...this.people.values()].map((person) => {
      const open = this.phones.has(person.openid);
      if (open || !this.seen.has(person.openid)) this.seen.set(person.openid, person.last_seq);
      const unread = !open && person.last_seq > this.seen.get(person.openid);
      return h("button", {
        type: "button", class: open ? "chip open" : "chip", test: "follower-chip", data: { openid: person.openid },
        "aria-pressed": String(open), onclick: () => (open ? this.close(person.openid) : this.open(person.openid).then(() => this.showChips())),
      }, avatar(person.nickname, true), person.nickname, unread && h("i", { class: "dot", "aria-label": "有新消息" }));
    });
    const add = button("＋ 添加关注者", () => this.add(), { class: "chip add", test: "add-follower" });
    this.chips.replaceChildren(add, ...chips.reverse());
  }
}

new Desk().start();

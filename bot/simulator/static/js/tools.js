// The panel beside the phones: the clock, the state of pushing, faults, recent API calls.

import { api } from "./api.js";
import { button, h } from "./dom.js";
import { FaultPanel } from "./faults.js";
import { beijing, nextMorning } from "./times.js";

const CALLS_SHOWN = 40;

export class Tools {
  constructor(world) {
    this.world = world;
    this.now = h("time", { class: "big-clock", test: "clock-now" });
    this.date = h("span", { class: "big-date", test: "clock-date" });
    this.moved = h("p", { class: "hint", test: "clock-offset" });
    this.pushing = h("p", { class: "hint", test: "push-state" });
    this.note = h("p", { class: "hint bad", role: "status" });
    this.calls = h("ol", { class: "calls", test: "calls" });
    this.faults = new FaultPanel((text) => { this.note.textContent = text; });
    this.element = h("div", {}, this.clockTool(), this.trafficTool(), this.faults.element, this.note, this.about());
  }

  clockTool() {
    const move = (body) => this.world.busy(api.moveClock(body).catch((error) => { this.note.textContent = error.message; }));
    const at = h("input", { type: "datetime-local", "aria-label": "设定时间（北京时间）", test: "clock-input" });
    const set = h("form", { class: "line", onsubmit: (event) => {
      event.preventDefault();
      if (at.value) move({ now: `${at.value}:00+08:00` });
    } }, at, h("button", { class: "soft", test: "clock-set" }, "设定"));
    return h("section", { class: "tool", "aria-label": "时钟" },
      h("h2", {}, "时钟"),
      h("div", { class: "time-line" }, this.now, this.date),
      h("div", { class: "buttons" },
        button("+1小时", () => move({ advance_s: 3600 }), { class: "soft", test: "clock-advance-hour" }),
        button("+1天", () => move({ advance_s: 86400 }), { class: "soft", test: "clock-advance-day" }),
        button("明早 8 点", () => move({ now: nextMorning(this.world.now()).toISOString() }), { class: "soft", test: "clock-morning" }),
        button("现在", () => move({ now: new Date().toISOString() }), { class: "soft", test: "clock-real" })),
      set, this.moved);
  }

  trafficTool() {
    const check = async () => {
      const { detail } = await api.verify();
      this.pushing.textContent = `回调地址：${detail}`;
    };
    const verify = button("验证回调地址", check, { class: "soft", test: "verify" });
    return h("section", { class: "tool", "aria-label": "推送和接口调用" },
      h("h2", {}, "推送和接口调用"), this.pushing, h("div", { class: "buttons" }, verify), this.calls);
  }

  about() {
    const { mode, callback_url: url } = this.world.account;
    const modes = { plain: "明文模式", compatible: "兼容模式", secure: "安全模式" };
    return h("section", { class: "tool about" },
      h("p", {}, "这是一台自己的“微信”：左边是关注者的手机，消息真的经过网络推送给机器人，机器人也真的来调用接口。换成真微信只改配置。"),
      h("p", { class: "mono" }, `${modes[mode]} → ${url}`));
  }

  tick(now) {
    const { year, month, day, clock, second, weekday } = beijing(now);
    this.now.textContent = `${clock}:${second}`;
    this.date.textContent = `${year}年${month}月${day}日 ${weekday}`;
  }

  update(state) {
    const hours = Math.round(state.offset_s / 360) / 10;
    this.moved.textContent = Math.abs(state.offset_s) < 2 ? "与真实时间一致" : `比真实时间${hours >= 0 ? "快" : "慢"} ${Math.abs(hours)} 小时`;
    const { marked_for_s: marked, last, verified } = state.pushing;
    const refused = verified?.ok === false;
    if (refused) this.pushing.textContent = `回调地址没有通过验证：${verified.detail}`;
    else if (marked) this.pushing.textContent = `连续失败，微信暂停推送，还有 ${marked} 秒`;
    else if (last) this.pushing.textContent = last.failure ? `上一次推送失败：${last.failure}` : `上一次推送 ${last.elapsed_ms} 毫秒得到回答，送了 ${last.deliveries} 次`;
    else if (!this.pushing.textContent) this.pushing.textContent = "还没有推送过";
    this.pushing.classList.toggle("bad", Boolean(refused || marked || last?.failure));
    for (const call of state.calls) this.calls.prepend(callRow(call));
    while (this.calls.childElementCount > CALLS_SHOWN) this.calls.lastChild.remove();
  }
}

function callRow(call) {
  const bad = call.errcode !== 0;
  const path = call.path.replace("/cgi-bin/", "");
  const words = [h("span", { class: "clock" }, beijing(new Date(call.at)).clock), h("span", { class: "path" }, path), h("b", {}, bad ? String(call.errcode) : "ok")];
  return h("li", { class: bad ? "bad" : "", test: "call-row", title: `${call.method} ${call.path}\n${call.errmsg}`, data: { errcode: call.errcode, path: call.path } }, words);
}

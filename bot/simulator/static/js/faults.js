// The fault panel: tick boxes that turn the simulator's knobs.

import { api } from "./api.js";
import { button, h } from "./dom.js";

const BUSY = { path: "/cgi-bin/message/*", code: -1 };
const FULL = { path: "/cgi-bin/message/*", code: 45009 };
// name, what a person reads, the knob, its value when ticked and when not
const FAULTS = [
  ["drop", "三成回复在路上丢失（微信会重试）", "drop_replies", 0.3, 0],
  ["duplicate", "每条消息都推送两遍", "push_duplicate", 1, 0],
  ["order", "消息乱序到达", "push_out_of_order", true, false],
  ["late", "消息晚 2 秒才推到", "push_delay_ms", 2000, 0],
  ["slow", "微信接口慢 3 秒", "api_delay_ms", 3000, 0],
  ["busy", "发消息时微信说“系统繁忙”", "errcode", BUSY, []],
  ["quota", "今天的发送额度用完了", "errcode", FULL, []],
  ["reset", "发出后连接断开，结果不明", "reset_after_accept", true, []],
  ["block", "模板消息被用户拒收", "template_result", "user block", "success"],
  ["frozen", "AppSecret 被冻结", "secret_frozen", true, false],
  ["ip", "服务器 IP 不在白名单", "ip_blocked", true, false],
];
const ACTIONS = [
  ["invalidate", "让 token 失效", { invalidate_token: true }],
  ["unknown", "推送一个没见过的事件", { unknown_event: true }],
];

export class FaultPanel {
  constructor(said) {
    this.said = said;
    this.boxes = FAULTS.map((fault) => this.box(fault));
    const actions = ACTIONS.map(([name, label, body]) => button(label, () => this.turn(body), { class: "soft", test: `fault-${name}` }));
    const clear = button("全部恢复", () => this.turn({ clear: true }), { class: "soft", test: "faults-clear" });
    this.element = h("section", { class: "tool", "aria-label": "故障" },
      h("h2", {}, "故障"), h("div", { class: "ticks" }, this.boxes.map(({ label }) => label)), h("div", { class: "buttons" }, actions, clear));
    this.refresh();
  }

  box([name, words, knob, on, off]) {
    const input = h("input", { type: "checkbox", test: `fault-${name}`, onchange: () => this.turn({ [knob]: input.checked ? on : off }) });
    return { input, knob, on, label: h("label", {}, input, words) };
  }

  async turn(body) {
    try {
      await api.turn(body);
      this.said("");
    } catch (error) {
      this.said(error.message);
    }
    this.refresh();
  }

  async refresh() {
    const values = await api.faults();
    for (const { input, knob, on } of this.boxes) {
      const value = values[knob];
      input.checked = Array.isArray(value) ? value.some((rule) => on === true || rule.code === on.code) : value === on;
    }
  }
}

// The bottom of a phone: the account's menu, the line to type in, emoji and the panel behind the plus.

import { button, h, icon } from "./dom.js";

const EMOJI = "😀 😂 🥰 😎 🤔 😭 👍 👏 🙏 💪 🌹 🎉 ❤️ 🙋 🏃 🌱 ☀️ 🌧️ 🍉 🐳 ✅ ❓ 📍 🧹".split(" ");
const PLUS = [
  ["image", "picture", "图片"],
  ["location", "place", "位置"],
  ["voice", "voice", "语音"],
  ["scan", "scan", "扫一扫"],
  ["notices", "bell", "订阅通知"],
  ["unfollow", "leave", "取消关注"],
];

// `deeds`: send(text), click(button), plus(name)
export class Composer {
  constructor(deeds) {
    this.deeds = deeds;
    this.menuKey = "";
    this.typing = true;
    this.input = h("textarea", { rows: 1, "aria-label": "输入消息", test: "input", oninput: () => this.grow(), onkeydown: (event) => this.key(event) });
    this.send = button("发送", () => this.submit(), { class: "send", test: "send" });
    this.plus = button(icon("plus", "更多功能"), () => this.panel("plus"), { class: "bare", test: "plus", "aria-label": "更多功能" });
    this.smile = button(icon("smile", "表情"), () => this.panel("emoji"), { class: "bare", test: "emoji", "aria-label": "表情" });
    this.toggle = button(icon("lines", "菜单"), () => this.show(!this.typing), { class: "bare toggle", test: "menu-toggle", "aria-label": "切换菜单和键盘" });
    this.menu = h("div", { class: "menu", role: "menubar", "aria-label": "公众号菜单" });
    this.line = h("div", { class: "type-line" }, this.input, this.smile, this.plus, this.send);
    this.drawer = h("div", { class: "drawer" });
    this.element = h("div", { class: "composer" }, h("div", { class: "bar" }, this.toggle, this.menu, this.line), this.drawer);
    this.element.addEventListener("focusout", (event) => this.element.contains(event.relatedTarget) || this.closeSubs());
    this.grow();
    this.show(true);
  }

  setMenu(buttons) {
    const key = JSON.stringify(buttons);
    if (key === this.menuKey) return;
    const first = !this.menuKey || this.menuKey === "[]";
    this.menuKey = key;
    this.menu.replaceChildren(...buttons.map((top) => this.cell(top)));
    this.toggle.hidden = !buttons.length;
    if (first || !buttons.length) this.show(!buttons.length);
  }

  cell(top) {
    const subs = top.sub_button || [];
    if (!subs.length) {
      return h("div", { class: "cell" }, button(top.name, () => this.deeds.click(top), { test: "menu-item", role: "menuitem" }));
    }
    const list = h("div", { class: "subs", hidden: true, role: "menu" }, subs.map((sub) =>
      button(sub.name, () => {
        list.hidden = true;
        this.deeds.click(sub);
      }, { test: "submenu-item", role: "menuitem" })));
    const open = () => {
      const was = list.hidden;
      this.closeSubs();
      list.hidden = !was;
      head.setAttribute("aria-expanded", String(was));
    };
    const head = button([icon("lines"), top.name], open, { test: "menu-item", role: "menuitem", "aria-haspopup": "menu", "aria-expanded": "false" });
    return h("div", { class: "cell" }, head, list);
  }

  closeSubs() {
    this.menu.querySelectorAll(".subs").forEach((one) => { one.hidden = true; });
  }

  show(typing) {
    this.typing = typing;
    this.line.hidden = !typing;
    this.menu.hidden = typing;
    this.toggle.replaceChildren(icon(typing ? "lines" : "keyboard", typing ? "菜单" : "键盘"));
    this.toggle.hidden = !this.menu.childElementCount;
    this.drawer.replaceChildren();
    this.drawer.dataset.open = "";
  }

  panel(name) {
    const open = this.drawer.dataset.open === name ? "" : name;
    this.drawer.dataset.open = open;
    this.drawer.replaceChildren(...(open === "plus" ? this.plusCells() : open === "emoji" ? this.emojiCells() : []));
  }

  plusCells() {
    const cells = PLUS.map(([name, glyph, label]) =>
      h("button", { type: "button", class: "tile", test: `plus-${name}`, onclick: () => {
        this.panel("");
        this.deeds.plus(name);
      } }, h("span", { class: "square" }, icon(glyph)), label));
    return [h("div", { class: "tiles" }, cells)];
  }

  emojiCells() {
    const cells = EMOJI.map((one) => button(one, () => {
      this.input.setRangeText(one, this.input.selectionStart, this.input.selectionEnd, "end");
      this.grow();
    }, { class: "emoji" }));
    return [h("div", { class: "emojis" }, cells)];
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 112)}px`;
    const some = this.input.value.trim() !== "";
    this.send.hidden = !some;
    this.plus.hidden = some;
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  submit() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.grow();
    this.input.focus();
    this.deeds.send(text);
  }
}

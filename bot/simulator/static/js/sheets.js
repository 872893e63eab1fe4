// Sheets that slide up inside a phone: scan, place, consent, profile.

import { button, h, icon } from "./dom.js";

const PLACES = [
  { label: "青山县文化馆", latitude: 28.6721, longitude: 120.0853 },
  { label: "江滨公园南门", latitude: 28.6689, longitude: 120.0917 },
  { label: "青年之家", latitude: 28.6754, longitude: 120.0799 },
  { label: "人民路1号", latitude: 28.6702, longitude: 120.0831 },
];

// Opens a sheet over the phone's screen and returns the function that closes it.
export function openSheet(screen, title, body, test) {
  const before = document.activeElement;
  const veil = h("div", { class: "veil" });
  const close = () => {
    veil.remove();
    if (before instanceof HTMLElement) before.focus();
  };
  const head = h("header", {}, h("b", {}, title), button(icon("close", "关闭"), close, { class: "bare", test: "sheet-close" }));
  const sheet = h("section", { class: "sheet", role: "dialog", "aria-label": title, test }, head, body(close));
  veil.append(sheet);
  veil.addEventListener("click", (event) => event.target === veil && close());
  veil.addEventListener("keydown", (event) => event.key === "Escape" && close());
  screen.append(veil);
  sheet.querySelector("input, button.option")?.focus();
  return close;
}

export function scanSheet(screen, codes, chosen) {
  openSheet(screen, "扫一扫", (close) => {
    const pick = (scene, ticket) => {
      close();
      chosen(scene, ticket);
    };
    const listed = codes.map((code) =>
      h("button", { type: "button", class: "option code", test: "qr-code", onclick: () => pick(String(code.scene), code.ticket) },
        h("img", { src: `/cgi-bin/showqrcode?ticket=${encodeURIComponent(code.ticket)}`, alt: "" }),
        h("span", {}, h("b", {}, String(code.scene)), h("small", {}, code.permanent ? "永久二维码" : "临时二维码"))));
    const input = h("input", { placeholder: "或输入二维码里的内容", "aria-label": "二维码内容", test: "scan-input" });
    const form = h("form", { class: "line", onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim()) pick(input.value.trim(), "");
    } }, input, h("button", { class: "go", test: "scan-go" }, "扫码"));
    const empty = !codes.length && h("p", { class: "hint" }, "账号还没有生成二维码，可以直接输入内容。");
    return [h("div", { class: "options codes" }, listed), empty, form];
  }, "scan-sheet");
}

export function placeSheet(screen, chosen) {
  openSheet(screen, "发送位置", (close) => {
    const pick = (place) => {
      close();
      chosen(place);
    };
    const listed = PLACES.map((place) =>
      h("button", { type: "button", class: "option", test: "place", onclick: () => pick(place) },
        icon("place"), h("span", {}, h("b", {}, place.label), h("small", {}, `${place.latitude}, ${place.longitude}`))));
    const where = h("input", { placeholder: "纬度, 经度", "aria-label": "纬度和经度", test: "place-input" });
    const form = h("form", { class: "line", onsubmit: (event) => {
      event.preventDefault();
      const [latitude, longitude] = where.value.split(/[,，\s]+/).map(Number);
      if (Number.isFinite(latitude) && Number.isFinite(longitude)) pick({ label: "", latitude, longitude });
    } }, where, h("button", { class: "go" }, "发送"));
    return [h("div", { class: "options" }, listed), form];
  }, "place-sheet");
}

export function noticeSheet(screen, account, notices, consents, chosen) {
  openSheet(screen, "订阅通知", (close) => {
    if (!notices.length) return h("p", { class: "hint" }, "账号还没有订阅通知模板。");
    const rows = notices.map((notice) => {
      const box = h("input", { type: "checkbox", checked: true, value: notice.id, test: "notice-choice" });
      const left = consents[notice.id] || 0;
      return { box, row: h("label", { class: "option" }, box, h("span", {}, h("b", {}, notice.title), h("small", {}, left ? `还可收 ${left} 条` : "未授权"))) };
    });
    const answer = (status) => {
      const ids = rows.filter(({ box }) => box.checked).map(({ box }) => box.value);
      if (!ids.length) return;
      close();
      chosen(ids.map((id) => ({ template_id: id, status })));
    };
    return [
      h("p", { class: "hint" }, `${account} 想给你发送以下通知`),
      h("div", { class: "options" }, rows.map(({ row }) => row)),
      h("div", { class: "answers" },
        button("拒绝", () => answer("reject"), { class: "soft", test: "notice-reject" }),
        button("允许", () => answer("accept"), { class: "go", test: "notice-allow" })),
    ];
  }, "notice-sheet");
}

export function profileSheet(screen, person, account, deeds) {
  openSheet(screen, "资料", (close) => {
    const block = h("input", { type: "checkbox", checked: !person.blocks_pushes, test: "receives", onchange: () => deeds.receives(block.checked) });
    return [
      h("div", { class: "profile" },
        h("img", { src: "/static/icon.svg", alt: "", class: "avatar big" }),
        h("div", {}, h("b", {}, account), h("small", {}, "共青团的志愿服务账号"))),
      h("label", { class: "option" }, h("span", {}, h("b", {}, "接收消息"), h("small", {}, "关掉后，模板消息和群发收不到")), block),
      h("p", { class: "hint" }, `这部手机是 ${person.nickname} 的`),
      h("p", { class: "hint mono", test: "openid" }, person.openid),
      button("不再关注", () => {
        close();
        deeds.unfollow();
      }, { class: "danger", test: "unfollow" }),
    ];
  }, "profile-sheet");
}

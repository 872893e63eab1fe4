// One bubble, card or grey line for each item of the inbox.

import { avatar, h, icon } from "./dom.js";
import { bare, richText, tapLink } from "./rich_text.js";
import { stamp } from "./times.js";

const GAP_MS = 5 * 60 * 1000;

// `phone` gives .person, .tap(content, id), .mediaUrl(id).
export function bubbleRow(item, previous, now, phone) {
  const at = new Date(item.at);
  const rows = [];
  if (!previous || Math.abs(at - new Date(previous.at)) > GAP_MS) {
    rows.push(h("p", { class: "stamp", test: "time-stamp" }, h("time", { dateTime: item.at }, stamp(at, now))));
  }
  rows.push(item.kind === "failure" || item.kind === "system" ? greyLine(item) : row(item, phone));
  return rows;
}

function greyLine(item) {
  const test = item.kind === "failure" ? "failure-line" : "system-line";
  return h("p", { class: "grey-line", test, data: { kind: item.kind, seq: item.seq } }, item.text);
}

function row(item, phone) {
  const make = CONTENTS[item.body.type] || plain;
  const wide = ["card", "news"].includes(item.body.type) && !item.own;
  const content = make(item, phone);
  const data = { kind: item.kind, type: item.type, own: String(item.own), seq: item.seq };
  if (wide) return h("div", { class: "row wide", test: "bubble", data }, content);
  const picture = avatar(phone.person.nickname, item.own);
  return h("div", { class: item.own ? "row own" : "row", test: "bubble", data }, picture, content);
}

function plain(item) {
  return h("div", { class: "bubble" }, item.text);
}

function text(item, phone) {
  const nodes = item.own ? bare(item.text) : richText(item.body.content ?? item.text, (...said) => phone.tap(...said));
  return h("div", { class: "bubble" }, nodes);
}

function menu(item, phone) {
  const { head_content: head, list, tail_content: tail } = item.body;
  const choices = list.map((one) => h("div", { class: "choice" }, tapLink(one.content, () => phone.tap(one.content, one.id))));
  return h("div", { class: "bubble" }, head && h("div", {}, richText(head, () => {})), choices, tail && h("div", {}, tail));
}

function image(item) {
  const url = item.body.pic_url || `/sim/media/${encodeURIComponent(item.body.media_id)}`;
  return h("a", { class: "picture", href: url, target: "_blank", rel: "noopener" }, photo(url, "图片"));
}

function photo(url, alt) {
  const img = h("img", { src: url, alt, loading: "lazy" });
  img.addEventListener("error", () => img.replaceWith(h("span", { class: "no-picture" }, icon("picture"), "图片打不开")));
  return img;
}

function voice(item) {
  const seconds = item.body.seconds || 3;
  const bubble = h("div", { class: "bubble voice" }, icon("wave"), h("span", {}, `${seconds}″`));
  bubble.style.minWidth = `${72 + Math.min(seconds, 30) * 4}px`;
  return bubble;
}

function video(item) {
  return h("div", { class: "film" }, icon("play", "视频"), item.body.title && h("span", {}, item.body.title));
}

function music(item) {
  const { title, description, url } = item.body;
  const note = h("span", { class: "note" }, icon("music"));
  return tappable(url, "bubble music", h("span", {}, h("b", {}, title || "音乐"), h("small", {}, description || "")), note);
}

function place(item) {
  const { label, latitude, longitude } = item.body;
  const name = label || "位置";
  const where = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return h("div", { class: "place" }, h("b", {}, name), h("small", {}, where), h("div", { class: "map" }, icon("place")));
}

function sharedLink(item) {
  const { title, description, url } = item.body;
  const words = h("span", { class: "words" }, h("b", {}, title || url), h("small", {}, description || url));
  return tappable(url, "bubble shared", words, h("span", { class: "note" }, icon("link")));
}

function news(item) {
  const [first, ...rest] = item.body.articles;
  if (!first) return plain(item);
  const head = tappable(first.url, "headline", first.pic_url && photo(first.pic_url, ""), h("b", {}, first.title));
  const summary = !rest.length && first.description && h("p", {}, first.description);
  const more = rest.map((one) => tappable(one.url, "further", h("span", {}, one.title), one.pic_url && photo(one.pic_url, "")));
  return h("article", { class: "sheet-card news", test: "news-card" }, head, summary, more);
}

function card(item) {
  const rows = item.body.rows.map((one) =>
    h("div", { class: "field" }, h("span", {}, one.label), h("span", {}, one.value)));
  const account = item.kind === "subscribe" ? "服务通知" : "";
  const body = [h("h3", {}, item.body.title, account && h("small", {}, account)), rows];
  const foot = item.url && tappable(item.url, "foot", "查看详情", h("span", { class: "chevron" }, "›"));
  const page = !item.url && item.body.miniprogram && h("div", { class: "foot" }, "进入小程序查看");
  return h("article", { class: "sheet-card notice", test: "notice-card" }, body, foot || page);
}

function tappable(url, className, ...children) {
  if (!/^https?:\/\//i.test(url || "")) return h("div", { class: className }, children);
  return h("a", { class: className, href: url, target: "_blank", rel: "noopener noreferrer", test: "web-link" }, children);
}

const CONTENTS = {
  text, image, voice, video, shortvideo: video, music, news, card, msgmenu: menu, location: place, link: sharedLink,
};

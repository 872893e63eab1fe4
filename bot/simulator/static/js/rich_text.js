// Text as the phone shows it: web links and 菜单 links can be tapped, everything else stays exactly what it is.

import { h } from "./dom.js";

const LINK = /<a\b([^>]*)>([\s\S]*?)<\/a>/gi;
const HREF = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const BARE = /https?:\/\/[^\s<>"'，。；！？、）】》]+/g;

// `tap(content, id)` is called for weixin://bizmsgmenu links.
export function richText(text, tap) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    nodes.push(...bare(text.slice(from, found.index)));
    nodes.push(link(found[1], found[2], tap));
    from = found.index + found[0].length;
  }
  nodes.push(...bare(text.slice(from)));
  return nodes;
}

export function bare(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(BARE)) {
    nodes.push(text.slice(from, found.index), webLink(found[0], found[0]));
    from = found.index + found[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

function link(attributes, label, tap) {
  const found = HREF.exec(attributes);
  const href = found ? (found[1] ?? found[2] ?? found[3]).replaceAll("&amp;", "&") : "";
  if (href.startsWith("weixin://bizmsgmenu?")) {
    const query = new URLSearchParams(href.slice(href.indexOf("?") + 1));
    const content = query.get("msgmenucontent");
    const id = query.get("msgmenuid");
    if (content && id) return tapLink(label, () => tap(content, id));
  }
  if (/^https?:\/\//i.test(href)) return webLink(href, label);
  if (/data-miniprogram-appid/i.test(attributes)) return h("span", { class: "link" }, label);
  return label;
}

// An anchor and not a button: a button would not flow with the words around it.
export function tapLink(label, onclick) {
  const tap = (event) => {
    event.preventDefault();
    onclick();
  };
  return h("a", { class: "link", test: "msg-link", href: "#", role: "button", onclick: tap }, label);
}

export function webLink(href, label) {
  return h("a", { class: "link", test: "web-link", href, target: "_blank", rel: "noopener noreferrer" }, label);
}

// Making elements: text only ever becomes text nodes, never markup.

export function h(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "test") element.dataset.testid = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function button(label, onclick, options = {}) {
  return h("button", { type: "button", onclick, ...options }, label);
}

const PATHS = {
  back: "M15 4l-8 8 8 8",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 8v8M8 12h8",
  keyboard: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8",
  lines: "M5 8h14M5 12h14M5 16h14",
  smile: "M12 3a9 9 0 100 18 9 9 0 000-18zM8.5 10h.01M15.5 10h.01M8 14.5c2 2.7 6 2.7 8 0",
  picture: "M3 5h18v14H3zM3 16l5-5 5 5 3-3 5 5M16 9h.01",
  place: "M12 21s7-6.6 7-12a7 7 0 10-14 0c0 5.4 7 12 7 12zM12 11.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z",
  voice: "M9 4v8a3 3 0 006 0V4a3 3 0 00-6 0zM6 11a6 6 0 0012 0M12 17v4",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  bell: "M6 17V11a6 6 0 0112 0v6l2 1H4zM10 20.5a2 2 0 004 0",
  leave: "M15 4h5v16h-5M11 8l-5 4 5 4M6 12h10",
  link: "M9 15l6-6M8 11l-2 2a3.5 3.5 0 005 5l2-2M16 13l2-2a3.5 3.5 0 00-5-5l-2 2",
  video: "M3 6h12v12H3zM15 10l6-3v10l-6-3z",
  play: "M8 5l11 7-11 7z",
  music: "M9 18V6l10-2v12M9 18a2.5 2.5 0 11-5 0 2.5 2.5 0 015 0zM19 16a2.5 2.5 0 11-5 0 2.5 2.5 0 015 0z",
  wave: "M6 9c2 1.8 2 4.200 0 6M10 6.500c4 3.300 4 7.700 0 11M14 4c6 4.800 6 11.200 0 16",
  card: "M4 5h16v14H4zM4 9h16M8 13h8M8 16h5",
  close: "M6 6l12 12M18 6L6 18",
};

const SVG = "http://www.w3.org/2000/svg";

export function icon(name, label) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: `icon icon-${name}`, fill: "none" })) {
    svg.setAttribute(key, value);
  }
  svg.setAttribute("stroke", "currentColor");
  svg.setAttribute("stroke-width", name === "more" ? "2.8" : "1.6");
  svg.setAttribute("stroke-linecap", "round");
  svg.setAttribute("stroke-linejoin", "round");
  if (label) svg.setAttribute("aria-label", label);
  else svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function avatar(name, own) {
  if (!own) return h("img", { class: "avatar", src: "/static/icon.svg", alt: "" });
  const hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 8;
  return h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, [...name].slice(-1).join(""));
}

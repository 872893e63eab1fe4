// Stands in for WeChat's script: checks the page's signature as WeChat does, and draws the button for notices.
"use strict";
(() => {
  const host = new URL(document.currentScript.src).origin;
  const waiting = { ready: [], error: [] };
  let settled = "";

  const tell = (what, answer) => {
    settled = what;
    waiting[what].forEach((then) => then(answer));
  };

  window.wx = {
    async config(said) {
      const query = new URLSearchParams({
        appid: said.appId, noncestr: said.nonceStr, timestamp: said.timestamp, signature: said.signature,
        url: location.href.split("#")[0],
      });
      const answer = await (await fetch(`${host}/open/jsapi?${query}`)).json();
      const allowed = answer.errMsg === "config:ok";
      if (allowed && (said.openTagList || []).includes("wx-open-subscribe")) customElements.define("wx-open-subscribe", Button);
      tell(allowed ? "ready" : "error", answer);
    },
    ready(then) { settled === "ready" ? then() : waiting.ready.push(then); },
    error(then) { settled === "error" ? then() : waiting.error.push(then); },
  };

  class Button extends HTMLElement {
    connectedCallback() {
      const [style, content] = ['script[slot="style"]', "script:not([slot])"].map((one) => this.querySelector(one).textContent);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style.replace(/<\/?style>/g, ""));
      const shadow = this.attachShadow({ mode: "open" });
      shadow.adoptedStyleSheets = [sheet];
      shadow.append(...new DOMParser().parseFromString(content, "text/html").body.childNodes);
      shadow.addEventListener("click", () => {
        window.open(`${host}/open/subscribe?template=${encodeURIComponent(this.getAttribute("template"))}`, "_blank");
        this.dispatchEvent(new CustomEvent("success", { detail: { errMsg: "subscribe:ok" } }));
      });
    }
  }
})();

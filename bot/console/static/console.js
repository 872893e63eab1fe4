// What pages need beyond HTML: questions before acts that hurt, charts, keys, copying. Nothing is written inline.
(() => {
  const root = document.documentElement;

  // A form with data-ask is sent only after a yes.
  document.addEventListener("submit", (event) => {
    const form = event.target, question = form.dataset.ask, dialog = document.getElementById("ask");
    if (question && dialog && !form.dataset.asked) {
      event.preventDefault();
      event.stopImmediatePropagation();
      document.getElementById("ask-question").textContent = question;
      const button = event.submitter;
      dialog.onclose = () => {
        if (dialog.returnValue !== "yes") return;
        form.dataset.asked = "yes";
        form.requestSubmit(button && form.contains(button) ? button : undefined);
      };
      dialog.returnValue = "no";
      dialog.showModal();
      return;
    }
    delete form.dataset.asked;
    // One click, one post.
    if (form.method === "post" && !form.hasAttribute("hx-post") && !form.hasAttribute("data-file")) {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
    }
  }, true);
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-theme-toggle]");
    if (toggle) {
      const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.setAttribute("data-bs-theme", theme);
      localStorage.setItem("theme", theme);
      draw(document);
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => copy.classList.add("btn-success"));
    if (event.target.closest("[data-print]")) print();
  });

  // A filter that is chosen is applied at once; text waits for Enter.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form && event.target.type !== "search" && event.target.type !== "text") form.requestSubmit();
  });

  // "/" searches, digits go to the menu's lines, Escape leaves a field.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "Escape" && typing) return typing.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const search = document.querySelector("[data-search]");
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
    const line = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (line && /^[1-9]$/.test(event.key)) line.click();
  });

  function draw(within) {
    if (!window.echarts) return;
    const dark = root.getAttribute("data-bs-theme") === "dark";
    within.querySelectorAll("[data-chart]").forEach((place) => {
      window.echarts.getInstanceByDom(place)?.dispose();
      const chart = window.echarts.init(place, dark ? "dark" : null, { renderer: "svg" });
      chart.setOption({ backgroundColor: "transparent", color: ["#08785c", "#f2a33a", "#3a7bd5", "#d6455d", "#7a5cc0"], ...JSON.parse(place.dataset.chart) });
      chart.on("click", (at) => { if (at.data?.href) location.href = at.data.href; });
    });
  }
  draw(document);
  addEventListener("resize", () => document.querySelectorAll("[data-chart]").forEach((place) => window.echarts?.getInstanceByDom(place)?.resize()));
  document.addEventListener("htmx:after:swap", () => draw(document));
})();

// Words put into a draft by a click, characters counted while typing, the end of a conversation in view, Ctrl+Enter.
(() => {
  document.addEventListener("click", (event) => {
    const from = event.target.closest("[data-insert]");
    const into = from && document.querySelector(from.dataset.insert);
    if (!into) return;
    const before = into.value.trim();
    into.value = before ? `${before}\n${from.dataset.text}` : from.dataset.text;
    const kept = document.getElementById("f-canned");
    if (kept && from.dataset.canned && !before) kept.value = from.dataset.canned;
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
  });

  function count(field) {
    let shown = field.parentElement.querySelector(".written");
    if (!shown) {
      shown = document.createElement("span");
      shown.className = "written small text-secondary";
      field.after(shown);
    }
    const most = Number(field.dataset.count);
    shown.textContent = `${field.value.trim().length} / ${most}`;
    shown.classList.toggle("over", field.value.trim().length > most);
  }
  document.addEventListener("input", (event) => { if (event.target.matches?.("[data-count]")) count(event.target); });
  document.querySelectorAll("[data-count]").forEach(count);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("[data-send]")) event.target.form.requestSubmit();
  });

  function bottom() {
    const talk = document.querySelector("[data-bottom]");
    if (talk) talk.scrollTop = talk.scrollHeight;
  }
  bottom();
  document.addEventListener("htmx:after:swap", bottom);
})();

/* Search from anywhere at the desk: Ctrl-K, "/" or the button open the dialog; what was found comes drawn from the server.
 *
 * Without this script the button is a link to the page of search, and Enter in the field of that page asks it.
 */
(() => {
  "use strict";

  const box = document.getElementById("temukan");
  if (!box) return;
  const form = box.querySelector("form"), field = box.querySelector("input");
  const list = box.querySelector("[role=listbox]"), told = box.querySelector("[role=status]");
  const PAUSE = 120; // ms between the last key and the question
  let timer = 0, asking = null, shown = null, going = false;

  const typed = () => field.value.trim().replace(/\s+/g, " ");
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function step(by) {
    const all = options(), at = all.indexOf(chosen());
    if (all.length) choose(all[(at + by + all.length) % all.length]);
  }

  /** Ask for what is typed now; an answer that came too late for it is left. */
  async function ask() {
    const words = typed(), question = new AbortController();
    asking?.abort();
    asking = question;
    box.setAttribute("aria-busy", "true");
    try {
      const asks = new URLSearchParams({ q: words, lang: document.documentElement.lang });
      const answer = await fetch(`${new URL(form.action).pathname}/hasil?${asks}`, { cache: "no-store", signal: question.signal });
      if (answer.status === 401 || answer.status === 404) return location.reload(); // signed out meanwhile
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      if (asking !== question) return;
      list.innerHTML = html;
      told.textContent = list.firstElementChild.dataset.told;
      shown = words;
    } catch {
      if (asking !== question) return;
      list.replaceChildren();
      told.textContent = box.dataset.failed;
      shown = null;
    }
    box.removeAttribute("aria-busy");
    field.setAttribute("aria-expanded", String(options().length > 0));
    list.scrollTop = 0;
    choose(options()[0]);
    if (going && chosen()) chosen().click();
    going = false;
  }

  function open() {
    if (box.open || document.querySelector("dialog:modal")) return;
    box.showModal();
    field.select();
    if (shown !== typed()) ask();
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    going = false;
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", event => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
  form.addEventListener("submit", event => {
    if (shown === null && asking && !box.hasAttribute("aria-busy")) return; // search does not answer here: its page may
    event.preventDefault();
    if (shown === typed()) return chosen()?.click();
    going = true; // Enter was faster than the answer
    clearTimeout(timer);
    ask();
  });
  list.addEventListener("pointermove", event => {
    const option = event.target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });
  box.addEventListener("click", event => {
    if (event.target === box || event.target.closest("[data-find-close], [role=option]")) box.close();
  });

  document.addEventListener("click", event => {
    if (!event.target.closest("[data-find]") || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", event => {
    const keyed = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing;
    if (!keyed && !slash) return;
    event.preventDefault();
    open();
  });

  if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const keys of document.querySelectorAll("[data-find] kbd")) keys.textContent = "⌘ K";
})();

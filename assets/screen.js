/* A declared screen tells the server every half minute that it lives and what it shows, and loads itself anew before its
 * memory grows too large: at a change of scene, and only while the server answers. It tells numbers, never a text.
 */
(() => {
  "use strict";

  const EACH = 30e3;                // ms between two reports
  const SETTLED = 5 * 60e3;         // ms after which the memory is what the page needs
  const GROWTH = 150 * 2 ** 20;     // bytes above that
  const OLD = 24 * 3600e3;          // ms until a fresh page in any case, and up to an hour more
  const PATIENCE = 3600e3;          // ms to wait for a change of scene

  const wall = () => document.querySelector(".wall"), { body } = document;
  if (!wall()?.hasAttribute("data-reports")) return;

  const asks = new URLSearchParams(location.search);
  // Screens of a room do not all go at the same time: each has its own minute of the hour.
  const mine = [...asks.get("layar") || ""].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 3600, 0) * 1e3;
  const heap = () => performance.memory?.usedJSHeapSize ?? null;
  let errors = 0, changed = performance.now(), version = body.dataset.version, base = null, due = null, scene = wall().dataset.scene;

  addEventListener("error", () => { errors += 1; });
  addEventListener("unhandledrejection", () => { errors += 1; });
  const complain = console.error;
  console.error = (...words) => { errors += 1; complain.apply(console, words); };

  new MutationObserver(() => {
    if (body.dataset.version === version) return;
    version = body.dataset.version;
    changed = performance.now();
  }).observe(body, { attributeFilter: ["data-version"] });

  const seconds = from => Math.round((performance.now() - from) / 1e3);

  function report() {
    const told = {
      adegan: wall().dataset.scene, versi: version, sejak: seconds(changed), mulai: seconds(0), simpul: document.querySelectorAll("*").length,
      galat: errors, lebar: innerWidth, tinggi: innerHeight, memori: heap() ?? "", rilis: window.liveroom.release() ?? "",
    };
    fetch(`${body.dataset.root}/layar-lapor`, { method: "POST", body: new URLSearchParams(told), cache: "no-store" })
      .then(answer => { if (answer.status === 401 || answer.status === 404) anew(); }) // revoked: the page says so itself
      .catch(() => { /* the server is away: the next report is as good */ });
  }

  async function anew() {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok || answer.status === 404) location.reload();
    } catch { /* not now: what stands on the screen is better than nothing */ }
  }

  function watch() {
    const age = performance.now(), before = scene;
    scene = wall().dataset.scene;
    if (base === null && age > SETTLED) base = heap();
    if (due === null && (age > OLD + mine || (base !== null && heap() - base > GROWTH))) due = age;
    if (due === null || window.liveroom.gone() || document.querySelector("dialog[open]")) return;
    if (scene !== before || age - due > PATIENCE) {
      due = age; // when the server does not answer, the next change is the next try
      anew();
    }
  }

  setInterval(report, EACH);
  setTimeout(report, 3e3);
  setInterval(watch, 1e3);
})();

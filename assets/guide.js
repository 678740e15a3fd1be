/* The demo's guide: points at what stands on the page, one thing after the other, and leaves the page usable.
 *
 * It opens by itself once in a browser for each role; a cookie with the names of roles remembers that.
 */
(() => {
  "use strict";

  const box = document.getElementById("panduan");
  const link = document.querySelector("[data-guide]");
  if (!link) return;
  const here = () => location.pathname === link.pathname;

  // The page of the guide may be this one already, with another hash: that alone would not load it anew.
  link.addEventListener("click", event => {
    if (!here() || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", link.href);
    location.reload();
  });
  if (!box) return;

  const NAME = "liveroom-panduan", YEAR = 365 * 86400;
  const root = document.body.dataset.root;
  const ring = Object.assign(document.createElement("div"), { className: "guide-ring", hidden: true });
  const find = name => box.querySelector(`[data-guide-${name}]`);
  const narrow = matchMedia("(max-width: 760px)"), still = matchMedia("(prefers-reduced-motion: reduce)");
  const GAP = 12, EDGE = 16; // px between the box and what it points at, and above that
  const skip = find("skip"), skipping = skip.textContent;
  let steps = [], at = 0, timer = 0;

  const seen = () => (document.cookie.split("; ").find(part => part.startsWith(`${NAME}=`)) || "").slice(NAME.length + 1).split(".").filter(Boolean);

  function remember() {
    const roles = [...new Set([...seen(), box.dataset.role])].join(".");
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${NAME}=${roles}; path=${root || "/"}; max-age=${YEAR}; samesite=lax${secure}`;
  }

  /** What a step points at, as it is drawn now: parts of the page are replaced while it is read. */
  const target = step => [...document.querySelectorAll(step.dataset.at)].find(element => element.getClientRects().length && element.offsetHeight !== 0);

  function place() {
    const what = target(steps[at]);
    ring.hidden = !what;
    if (!what) return;
    const r = what.getBoundingClientRect(), wide = document.documentElement.clientWidth, high = innerHeight;
    Object.assign(ring.style, { left: `${r.left - 4}px`, top: `${r.top - 4}px`, width: `${r.width + 8}px`, height: `${r.height + 8}px` });
    if (narrow.matches) return void box.removeAttribute("style");
    const w = box.offsetWidth, h = box.offsetHeight;
    const within = (value, most) => Math.max(GAP, Math.min(value, most));
    const places = [
      [r.right + GAP, within(r.top, high - h - GAP)],
      [within(r.left, wide - w - GAP), r.bottom + GAP],
      [within(r.left, wide - w - GAP), r.top - h - GAP],
      [r.left - w - GAP, within(r.top, high - h - GAP)],
    ];
    const fits = places.find(([x, y]) => x >= GAP && y >= GAP && x + w + GAP <= wide && y + h + GAP <= high);
    const [x, y] = fits || [wide - w - 2 * GAP, high - h - 2 * GAP];
    Object.assign(box.style, { left: `${x}px`, top: `${y}px` });
  }

  /** Bring it into sight: at the top where it is tall or the guide lies at the bottom, else in the middle. */
  function lookAt(what) {
    if (!narrow.matches && what.closest(".side")) return; // that stands still
    const r = what.getBoundingClientRect(), tall = narrow.matches || r.height > innerHeight * .6;
    scrollBy({ top: r.top - (tall ? EDGE : (innerHeight - r.height) / 2), behavior: still.matches ? "auto" : "smooth" });
  }

  function show(next) {
    at = next;
    const last = at === steps.length - 1, focused = box.contains(document.activeElement);
    for (const step of box.querySelectorAll("section")) step.hidden = step !== steps[at];
    steps[at].querySelector("[data-count]").textContent = at + 1;
    steps[at].querySelector("[data-all]").textContent = steps.length;
    find("back").hidden = at === 0;
    find("next").hidden = last;
    find("onward").hidden = !last;
    skip.textContent = last ? skip.dataset.done : skipping;
    lookAt(target(steps[at]));
    if (focused) find(last ? "onward" : "next").focus({ preventScroll: true });
    place();
  }

  function open() {
    steps = [...box.querySelectorAll("section")].filter(target);
    if (!steps.length) return;
    remember();
    document.body.append(ring);
    box.show();
    show(0);
    find("next").focus({ preventScroll: true });
    timer = setInterval(place, 300);
  }

  box.addEventListener("close", () => { clearInterval(timer); ring.remove(); });
  box.addEventListener("click", event => {
    if (event.target.closest("[data-guide-skip]")) box.close();
    else if (event.target.closest("[data-guide-back]")) show(at - 1);
    else if (event.target.closest("[data-guide-next]")) show(at + 1);
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && box.open && !document.querySelector("dialog:modal")) box.close();
  });
  for (const kind of ["scroll", "resize"]) addEventListener(kind, () => { if (box.open) place(); }, { capture: true, passive: true });

  const asked = location.hash === "#panduan";
  if (asked) history.replaceState(null, "", location.pathname + location.search);
  if (asked || (here() && !seen().includes(box.dataset.role))) open();
})();

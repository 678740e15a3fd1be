/* The wall's rotation: the scene that is due follows from the server's clock alone, so that all screens of a room change
 * together. A hand (keys, marks in the header) holds it for a while, and so does a telephone (layers/remote.py), whichever
 * came last; an alarm and a pinned address hold it as long as they last.
 */
(() => {
  "use strict";

  const HELD = 120e3;   // ms that a hand's choice stays
  const AHEAD = 4e3;    // ms before its turn that a scene is fetched
  const AGAIN = 5e3;    // ms until a scene that could not be fetched is asked for again
  const SHIFT = 60e3;   // ms between two steps of the picture against burn-in
  const REACH = 8;      // px either way

  const wall = () => document.querySelector(".wall"), turn = () => document.querySelector(".turn");
  if (!wall()) return;

  let held = 0, chosen = null, chosenAt = 0, asked = null, ready = null, resting = 0;
  const here = () => wall().dataset.scene;
  const turns = () => JSON.parse(turn().dataset.turns);

  /** Which scene has its turn at a moment of the server's clock, as in dashboard/scene.py. */
  function place(moment) {
    const every = turns(), whole = every.reduce((sum, [, seconds]) => sum + seconds, 0), ahead = Number(turn().dataset.ahead);
    let left = moment / 1e3 % whole;
    const at = every.findIndex(([, seconds]) => (left -= seconds) < 0);
    return (Math.max(at, 0) + ahead) % every.length;
  }
  const due = moment => turns()[place(moment)][0];

  /** What this screen was told last, by itself or with all others. */
  function told() {
    const { steering } = window.liveroom, mine = [steering[turn().dataset.screen], steering["*"]].filter(Boolean);
    return mine.sort((a, b) => b.at - a.at)[0];
  }

  function steered({ since, steps, scene }) {
    const names = turns().map(([name]) => name), pinned = names.indexOf(scene);
    if (scene && (pinned < 0 || !steps)) return scene;
    const at = (scene ? pinned : place(since)) + steps;
    return names[(at % names.length + names.length) % names.length];
  }

  /** The scene to show, and whether something other than the clock decides it. */
  function wanted(moment) {
    if (turn().dataset.hold) return [turn().dataset.hold, true];
    const last = told();
    if (chosen && (performance.now() >= held || last?.at > chosenAt)) chosen = null;
    if (chosen) return [chosen, true];
    if (last?.until > moment) return [steered(last), true];
    return [due(moment), false];
  }

  async function fetchScene(name) {
    if (asked === name || performance.now() < resting) return;
    asked = name;
    ready = null;
    try {
      const asks = new URLSearchParams(location.search);
      asks.set("adegan", name);
      const put = await window.liveroom.turn(`${document.body.dataset.root}/dinding?${asks}`, ".wall");
      if (asked === name && put) ready = { name, put };
    } catch {
      asked = null;
      resting = performance.now() + AGAIN;
    }
  }

  function show() {
    const { put } = ready;
    asked = ready = null;
    if (document.startViewTransition && !matchMedia("(prefers-reduced-motion: reduce)").matches) document.startViewTransition(put);
    else put();
  }

  function step() {
    const strip = turn();
    if (!strip || strip.hasAttribute("data-fixed") || document.querySelector("dialog[open]")) return;
    const moment = window.liveroom.now(), [name, paused] = wanted(moment);
    strip.querySelector(".paused").hidden = !paused;
    if (name !== here()) {
      if (ready?.name === name) show();
      else fetchScene(name);
    } else if (paused) {
      asked = ready = null;  // what was fetched for its turn would be old by then
    } else {
      const next = due(moment + AHEAD);
      if (next !== name) fetchScene(next);
    }
  }

  /** A hand's choice: another scene, held for a while. */
  function choose(name) {
    chosen = name;
    chosenAt = window.liveroom.now();
    held = performance.now() + HELD;
    step();
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, dialog, .map[data-zoomed]")) return;
    const names = turns().map(([name]) => name), at = names.indexOf(here());
    const to = { ArrowRight: at + 1, PageDown: at + 1, ArrowLeft: at - 1, PageUp: at - 1, " ": at, Home: 0 }[event.key] ?? (/^[1-9]$/.test(event.key) ? event.key - 1 : null);
    if (to === null || turn().hasAttribute("data-fixed") || (event.key === " " && event.target.closest("button, a, [tabindex]"))) return;
    if (event.key === " " && chosen) { chosen = null; step(); }
    else if (names[(to + names.length) % names.length]) choose(names[(to + names.length) % names.length]);
    event.preventDefault();
  });

  document.addEventListener("click", event => {
    const mark = event.target.closest?.(".turn a");
    if (!mark || turn().hasAttribute("data-fixed") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(new URL(mark.href).searchParams.get("adegan"));
  });

  /** The whole picture moves a little, along a slow figure, so that nothing stands on the same pixels for weeks. */
  function shift() {
    const at = Math.floor(window.liveroom.now() / SHIFT);
    const triangle = (n, span) => Math.abs(n % (2 * span) - span) - span / 2;
    document.body.style.setProperty("--shift-x", `${triangle(at, 2 * REACH)}px`);
    document.body.style.setProperty("--shift-y", `${triangle(Math.floor(at / 3), 2 * REACH) / 2}px`);
  }

  setInterval(step, 250);
  setInterval(shift, SHIFT);
  shift();
})();

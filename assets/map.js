// The map under the hand: pan, zoom (buttons, keys, pinch, Ctrl + wheel), and an area's words beside the pointer.
"use strict";
(() => {
  const MOST = 12, STEP = 1.5;

  const view = (map) => map.view || (map.view = map.dataset.box.split(" ").map(Number));
  const whole = (map) => map.dataset.box.split(" ").map(Number);

  function show(map, box) {
    const [x0, y0, w0, h0] = whole(map);
    const w = Math.min(w0, Math.max(w0 / MOST, box[2])), h = h0 * w / w0;
    const x = Math.min(x0 + w0 - w, Math.max(x0, box[0])), y = Math.min(y0 + h0 - h, Math.max(y0, box[1]));
    map.view = [x, y, w, h];
    map.toggleAttribute("data-zoomed", w < w0 - 1e-6);
    same(map);
    // Names keep their size on the screen however far one zooms in.
    map.style.setProperty("--zoom", w / w0);
  }

  function same(map) {
    for (const svg of map.querySelectorAll(":scope > svg")) svg.setAttribute("viewBox", map.view.join(" "));
  }

  function zoom(map, factor, at) {
    const [x, y, w, h] = view(map), [px, py] = at || [x + w / 2, y + h / 2];
    show(map, [px - (px - x) / factor, py - (py - y) / factor, w / factor, h / factor]);
  }

  function point(map, event) {
    const svg = map.querySelector(".shapes"), at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  const mapOf = (event) => event.target instanceof Element ? event.target.closest(".map") : null;
  const act = {in: (m) => zoom(m, STEP), out: (m) => zoom(m, 1 / STEP), reset: (m) => show(m, whole(m))};

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-zoom]");
    if (button) act[button.dataset.zoom](button.closest(".map"));
  });

  document.addEventListener("keydown", (event) => {
    const map = mapOf(event);
    if (!map || event.ctrlKey || event.metaKey || event.altKey) return;
    const [x, y, w, h] = view(map), move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (event.key === "+" || event.key === "=") act.in(map);
    else if (event.key === "-") act.out(map);
    else if (event.key === "0" || event.key === "Escape") act.reset(map);
    else if (move && map.hasAttribute("data-zoomed")) show(map, [x + move[0] * w / 6, y + move[1] * h / 6, w, h]);
    else return;
    event.preventDefault();
  });

  document.addEventListener("wheel", (event) => {
    const map = event.ctrlKey && mapOf(event);
    if (!map) return;
    event.preventDefault();
    zoom(map, Math.exp(-event.deltaY / 300), point(map, event));
  }, {passive: false});

  document.addEventListener("dblclick", (event) => {
    const map = mapOf(event);
    if (map && !event.target.closest("[data-zoom]")) zoom(map, STEP, point(map, event));
  });

  // A drag moves a zoomed map; a press without a drag stays a click on the area.
  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const map = mapOf(event);
    if (map && event.button === 0 && map.hasAttribute("data-zoomed")) drag = {map, from: point(map, event), moved: false};
  });
  document.addEventListener("pointermove", (event) => {
    tip(event);
    if (!drag) return;
    const [x, y, w, h] = view(drag.map), [px, py] = point(drag.map, event), [dx, dy] = [drag.from[0] - px, drag.from[1] - py];
    drag.moved = drag.moved || Math.hypot(dx, dy) > w / 150;
    if (drag.moved) show(drag.map, [x + dx, y + dy, w, h]);
  });
  document.addEventListener("pointerup", () => { const ended = drag; drag = null; if (ended && ended.moved) window.addEventListener("click", swallow, {capture: true, once: true}); });
  document.addEventListener("dragstart", (event) => { if (mapOf(event)) event.preventDefault(); });
  function swallow(event) { if (mapOf(event)) { event.preventDefault(); event.stopPropagation(); } }

  // In the enlarged corner the pointer meets a copy of the shapes, so the area is found by its place.
  function areaAt(event) {
    if (!(event.target instanceof Element)) return null;
    const copy = event.target.closest(".inset use");
    if (!copy) return event.target.closest(".map [data-area]");
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(copy.getScreenCTM().inverse());
    return [...copy.closest(".map").querySelectorAll("[data-area]")].find((shape) => shape.isPointInFill(at)) || null;
  }

  // --- an alarm's area: outlined, and the map turned to it, while the alarm is young ------------------------------------
  const YOUNG = 45e3, GLIDE = 1200; // ms
  const rang = new Map(); // alarm -> until when it is young here
  const now = () => window.liveroom ? window.liveroom.now() : Date.now();
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  /** To another box within a second, unless a hand has taken the map meanwhile. */
  function glide(map, to) {
    if (still.matches) return;
    const from = view(map), began = performance.now(), mine = map.gliding = {};
    const step = () => {
      if (map.gliding !== mine || !map.isConnected) return;
      const part = Math.min(1, (performance.now() - began) / GLIDE), eased = part * part * (3 - 2 * part);
      show(map, from.map((start, i) => start + (to[i] - start) * eased));
      if (part < 1) requestAnimationFrame(step);
    };
    step();
  }

  /** The area with what lies around it: at least a third of the map, in the map's own shape. */
  function around(map, mark) {
    const [x0, y0, w0, h0] = whole(map), box = mark.getBBox();
    const w = Math.min(w0, Math.max(w0 / 3, box.width * 2.5, box.height * 2.5 * w0 / h0)), h = h0 * w / w0;
    const within = (middle, size, start, span) => Math.min(start + span - size, Math.max(start, middle - size / 2));
    return [within(box.x + box.width / 2, w, x0, w0), within(box.y + box.height / 2, h, y0, h0), w, h];
  }

  function attend() {
    for (const map of document.querySelectorAll(".map")) {
      const mark = map.querySelector(".focus"), alarm = mark && mark.dataset.alarm;
      if (alarm && !rang.has(alarm)) rang.set(alarm, now() - Date.parse(mark.dataset.rang) < 2 * YOUNG ? performance.now() + YOUNG : 0);
      const young = alarm && performance.now() < rang.get(alarm), held = map.dataset.focused;
      if (held && held !== alarm || held && !young) {
        delete map.dataset.focused;
        glide(map, whole(map));
      } else if (young && !held && map.taken !== alarm && !map.hasAttribute("data-zoomed")) {
        map.dataset.focused = alarm;
        glide(map, around(map, mark));
      }
      if (map.view) same(map); // a new overlay has come
    }
  }
  setInterval(attend, 250);
  attend();

  /** A hand on the map: it is theirs until the next alarm. */
  function take(map) {
    map.gliding = null;
    if (map.dataset.focused) map.taken = map.dataset.focused;
    delete map.dataset.focused;
  }
  for (const kind of ["pointerdown", "wheel", "keydown"]) document.addEventListener(kind, (event) => {
    const map = mapOf(event);
    if (map && (kind !== "wheel" || event.ctrlKey)) take(map);
  }, {capture: true, passive: true});

  let label = null;
  function tip(event) {
    const area = event.pointerType === "mouse" && areaAt(event);
    if (!area) { if (label) label.hidden = true; return; }
    if (!label) { label = document.createElement("div"); label.className = "map-tip"; label.setAttribute("aria-hidden", "true"); document.body.append(label); }
    label.hidden = false;
    label.textContent = area.getAttribute("aria-label");
    const box = label.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, innerWidth - box.width - 8), y = event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18;
    label.style.transform = `translate(${x}px, ${y}px)`;
  }
})();

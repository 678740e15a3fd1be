/* Keeps a page that arrived complete up to date, and says so when it cannot.
 *
 * Documents {version, base, parts: {id: html}, areas: {code: [class, value, label]}} come as events; parts
 * are swapped and shapes recoloured in place. Nothing here decides what a number is: only how old it is, by
 * the server's clock, so that a page without a server can never look live.
 */
(() => {
  "use strict";

  const { body, documentElement: root } = document;
  const GONE = 6e3;      // ms without a word before the banner
  const SILENT = 25e3;   // ms without a heartbeat (one each 10 s): dead
  const LONGEST = 10e3;  // ms of the longest pause between two tries
  const CURTAIN = Number(body.dataset.curtain) * 1e3; // ms after which figures that nobody renews are behind a curtain
  const POLL = 5e3;      // ms between whole documents without a stream
  const STALE_AFTER = 3; // budgets, as in layers/model.py

  const lang = root.lang;
  let page = body.dataset.page;
  const find = id => document.getElementById(id);
  const all = (selector, from = document) => from.querySelectorAll(selector);
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // --- time -------------------------------------------------------------------------------------

  // The server's clock runs on by the machine's own, which nobody sets. Where that and the clock that people set
  // drift apart, the machine slept or its clock was set: until the server has spoken again no age is shown.
  const DRIFT = 2e3;
  const own = () => performance.now();
  let offset = Date.now() - own(); // server's clock minus the machine's, in ms
  const past = body.dataset.past ? Date.parse(body.dataset.past) : null; // a page of a moment gone by: nothing on it moves
  let apart = Date.now() - own(), unsure = past === null; // at first the ages stand as they were drawn, and not for long
  const when = past === null ? {} : { pada: body.dataset.pada, ...(body.dataset.menurut && { menurut: body.dataset.menurut }) };
  const now = () => past ?? own() + offset;

  const said = []; // what the last words gave: one may come late, none early, so the highest is the nearest
  function told(ms) {
    said.push(ms - own());
    if (said.length > 3) said.shift();
    offset = Math.max(...said);
    apart = Date.now() - own();
    unsure = false;
    root.classList.remove("unsure");
  }

  function doubt() {
    if (unsure && own() > DRIFT) root.classList.add("unsure");
    if (past !== null || Math.abs(Date.now() - own() - apart) < DRIFT) return;
    apart = Date.now() - own();
    said.length = 0; // told by a clock that has moved since
    unsure = true;
    root.classList.add("unsure");
    fetchWhole();
    open();
  }
  const UNITS = [[86400, "hari", "d"], [3600, "jam", "h"], [60, "mnt", "min"], [1, "dtk", "s"]];
  const clocks = {};

  /** "12 dtk", "8 mnt", "2 jam", "3 hari": the same words as dashboard/text. */
  function age(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const [size, id, en] = UNITS.find(unit => whole >= unit[0]) || UNITS[3];
    return `${Math.floor(whole / size)}\u00a0${lang === "en" ? en : id}`;
  }

  function clock(ms, zone) {
    clocks[zone] ||= new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const text = clocks[zone].format(ms);
    return lang === "en" ? text : text.replace(":", ".");
  }

  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const mark = (element, state) => { if (element.dataset.state !== state) element.dataset.state = state; };

  /** "2 dari 3 sumber segar · Laksa: data terlambat 8 mnt": the same words as sources_words in dashboard/parts/marks.py. */
  function say(line, moment) {
    const sources = JSON.parse(line.dataset.sources), seen = sources.filter(([, observed]) => observed !== null);
    const late = seen.map(([title, observed, budget]) => [moment / 1e3 - observed - budget, title]).filter(([beyond]) => beyond > 0);
    const fresh = seen.length - late.length;
    let words = body.dataset.fresh.replace("{live}", fresh).replace("{all}", sources.length);
    if (late.length) {
      const [beyond, title] = late.reduce((worst, one) => one[0] > worst[0] ? one : worst);
      words += ` \u00b7 ${title}: ${body.dataset.late.replace("{age}", age(beyond))}`;
    }
    put(line, words);
    const holder = line.closest(".sources-state");
    if (holder) mark(holder, fresh < sources.length ? "late" : "live");
  }

  /** The line "sekarang" of a day's chart and its words, at a time of day; the same as in dashboard/parts/arrivals.py. */
  function forward(mark, hour) {
    const [h, m] = hour.split(/[.:]/).map(Number), share = (h * 60 + m) / 1440, at = `${(share * 100).toFixed(2)}%`;
    const line = mark.querySelector("line"), words = mark.querySelector("text"), late = share >= 0.85;
    put(words.querySelector("tspan"), hour);
    for (const [element, names] of [[line, ["x1", "x2"]], [words, ["x"]]]) for (const name of names) element.setAttribute(name, at);
    words.setAttribute("dx", late ? "-6" : "6");
    words.setAttribute("text-anchor", late ? "end" : "start");
  }

  /** Every age, and from it every state: live within its budget, then late, then stale. */
  function tick() {
    doubt();
    if (unsure) return supervise();
    const moment = now();
    for (const time of all("time[data-observed]")) {
      const seconds = (moment - Date.parse(time.dataset.observed)) / 1e3, budget = Number(time.dataset.budget);
      put(time, age(seconds));
      if (!budget) continue;
      const state = seconds <= budget ? "live" : seconds <= budget * STALE_AFTER ? "late" : "stale";
      const holder = time.parentElement.closest("[data-state]");
      mark(time, state);
      if (!holder) continue;
      mark(holder, state);
      const late = holder.querySelector(".late");
      if (late && state !== "live") put(late, body.dataset.late.replace("{age}", age(seconds - budget)));
    }
    for (const line of all("[data-sources]")) say(line, moment);
    for (const time of all("time[data-clock]")) put(time, clock(moment, time.dataset.clock));
    for (const mark of all("[data-now]")) forward(mark, clock(moment, mark.dataset.now));
    if (past === null) supervise();
  }

  // --- documents --------------------------------------------------------------------------------

  let version = Number(body.dataset.version);
  let cut = JSON.parse(body.dataset.cut || "{}");
  const narrowed = () => Object.keys(cut).length > 0;
  const name = element => [element.dataset.kpi, element.dataset.scope, element.dataset.opd].join("|");

  /** A changed number settles: its element has the class "changed" for 300 ms. */
  function settle(element) {
    element.classList.add("changed");
    setTimeout(() => element.classList.remove("changed"), 300);
  }

  /** Pictures that are about to be shown, fetched and decoded first, so that none flickers in. */
  const pictures = fresh => Promise.allSettled([...all("img", fresh)].map(img => make("img", { src: img.getAttribute("src") }).decode()));

  const coming = {}; // the newest of a part whose pictures are on their way

  function swap(id, html) {
    const fresh = make("template", { innerHTML: html }).content.firstElementChild;
    delete coming[id];
    if (!all("img", fresh).length) return swapIn(id, fresh);
    coming[id] = fresh;
    pictures(fresh).then(() => {
      if (coming[id] !== fresh) return;
      delete coming[id];  // else a scene that is long gone stays in memory by one of its parts
      swapIn(id, fresh);
      tick();
    });
  }

  function swapIn(id, fresh) {
    const old = find(id);
    if (!old) return;
    const before = new Map();
    for (const element of [old, ...all("[data-value]", old)]) before.set(name(element), element.dataset.value);
    const active = document.activeElement;
    const focused = old.contains(active) && (active.name ? active : active.closest("[data-kpi], [id]"));
    if (old.open) fresh.open = true;  // what a person has opened stays open, what they ticked stays ticked
    for (const menu of old.querySelectorAll("details.download[open]")) fresh.querySelector(`#${menu.id}`)?.setAttribute("open", "");
    for (const box of all("input[type=checkbox]:checked", old)) {
      const again = fresh.querySelector(`input[name="${CSS.escape(box.name)}"][value="${CSS.escape(box.value)}"]`);
      if (again) again.checked = true;
    }
    old.replaceWith(fresh);
    for (const element of [fresh, ...all("[data-value]", fresh)]) {
      const value = before.get(name(element));
      if (value !== undefined && value !== element.dataset.value) settle(element);
    }
    if (focused) refocus(focused);
  }

  /** Focus what now stands where the element stood. */
  function refocus(lost) {
    const match = lost.name ? document.querySelector(`[name="${CSS.escape(lost.name)}"]`)
      : lost.id ? find(lost.id) : [...all("[data-kpi]")].find(element => name(element) === name(lost));
    const takes = "button, a, select, [tabindex]";
    const target = match?.matches(takes) ? match : match?.querySelector(takes);
    target?.focus({ preventScroll: true });
  }

  function paint(code, [cls, value, label]) {
    for (const shape of all(`svg [data-area="${CSS.escape(code)}"]`)) {
      const text = value === null ? "" : String(value), moved = shape.dataset.value !== text;
      shape.setAttribute("class", cls);
      shape.dataset.value = text;
      shape.setAttribute("aria-label", label);
      if (moved) settle(shape);
    }
  }

  function apply(doc) {
    for (const [id, html] of Object.entries(doc.parts)) swap(id, html);
    for (const [code, look] of Object.entries(doc.areas)) paint(code, look);
    version = doc.version;
    body.dataset.version = version;
    tick();
  }

  /** A document of the stream. A narrowed page asks for its own cut again instead. */
  function receive(doc) {
    if (narrowed()) {
      version = doc.version;
      narrow();
    } else if (doc.base === null || doc.base === version) apply(doc);
    else fetchWhole();
  }

  // --- the stream and its supervisor --------------------------------------------------------------

  const address = (path, more) => `${body.dataset.root}${path}?${new URLSearchParams({ page, lang, ...more })}`;
  let source = null, tries = 0, retry = 0, heard = own(), etag = "", polled = 0, build = null;

  function open() {
    clearTimeout(retry);
    retry = 0;
    if (source) source.close();
    const mine = page; // the documents of a stream that was opened for another address are not this one's
    source = new EventSource(address("/live", { base: version }));
    source.addEventListener("beat", event => {
      const beat = JSON.parse(event.data);
      if (build && beat.build !== build) location.reload(); // another release
      build = beat.build;
      told(beat.now);
      alive();
      tries = 0;
    });
    source.addEventListener("steering", event => { alive(); window.liveroom.steering = JSON.parse(event.data); });
    source.addEventListener("doc", event => { alive(); if (page === mine) receive(JSON.parse(event.data)); });
    source.onerror = again;
  }

  function alive() { heard = own(); banner(); }

  /** Again after a jittered pause, without end: an EventSource gives up at its first 503. */
  function again() {
    if (source) source.close();
    source = null;
    if (retry) return;
    tries += 1;
    retry = setTimeout(open, Math.min(LONGEST, 250 * 2 ** Math.min(tries, 8)) * (0.5 + Math.random() / 2));
  }

  function supervise() {
    const silent = own() - heard;
    if (source && silent > SILENT) again();
    if (silent > GONE && tries > 1 && own() - polled > POLL) fetchWhole();
    banner();
  }

  /** The whole document: when a base is missing, or while no stream comes through. */
  async function fetchWhole() {
    polled = own();
    const began = own(), mine = page, had = version;
    try {
      const answer = await fetch(address("/live/doc"), { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (answer.status === 401 || answer.status === 404) return location.reload();
      if (answer.status !== 200 && answer.status !== 304) return;
      if (own() - began < DRIFT) told(Number(answer.headers.get("x-clock"))); // else the word is as old as the way was long
      alive();
      if (answer.headers.has("x-steering")) window.liveroom.steering = JSON.parse(answer.headers.get("x-steering"));
      if (answer.status === 304) return;
      const doc = await answer.json();
      if (page !== mine || version !== had || doc.version < had) return; // the stream was faster, or this server is behind
      etag = answer.headers.get("etag"); // of what is shown: what was not taken is asked for again
      if (doc.version > had) receive(doc);
    } catch { /* still away: the supervisor goes on */ }
  }

  /** Gone: a strip says since when. Gone for long: a curtain, for what stands on the screen is history. */
  function banner() {
    const silent = own() - heard, strip = find("terputus");
    const gone = silent > (source && source.readyState === 1 ? SILENT : GONE), long = silent > CURTAIN;
    root.classList.toggle("curtain", gone && long);
    if (strip.hidden === !gone) return;
    if (gone) put(strip, body.dataset.gone.replace("{time}", clock(heard + offset, body.dataset.zone)));
    strip.hidden = !gone;
    root.classList.toggle("gone", gone);
  }

  /** Another address of this page in place of what is shown, without a reload; `place` is the element that changes. */
  async function turn(to, place) {
    const answer = await fetch(to, { cache: "no-store" });
    if (answer.status === 401 || answer.status === 404) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = next.querySelector(place);
    await pictures(fresh);
    return () => {
      document.querySelector(place).replaceWith(document.adoptNode(fresh));
      page = body.dataset.page = next.body.dataset.page;
      version = Number(next.body.dataset.version);
      body.dataset.version = version;
      etag = "";
      tick();
      setTimeout(open, Math.random() * 2e3);
    };
  }
  window.liveroom = { now, turn, steering: {}, release: () => build, gone: () => root.classList.contains("gone") };

  const wake = () => { tick(); if (past === null && !document.hidden && (!source || own() - heard > SILENT / 2)) open(); };
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  addEventListener("pageshow", event => { if (event.persisted) wake(); });
  addEventListener("pagehide", () => { if (source) source.close(); source = null; });

  // --- another address of the same page: its parts in place -----------------------------------------

  let turning = 0, reopening = 0;

  /** The address that a link leads to; of a shape, whose own would be that of its first drawing, made from the present one. */
  function leads(link) {
    const name = link.dataset.turn;
    if (!name) {
      const to = new URL(link.href.baseVal || link.href, location.href);
      return to.pathname.slice(body.dataset.root.length) + to.search;
    }
    const { key } = link.dataset;
    return changed(given => given.get(name) === key ? given.delete(name) : given.set(name, key));
  }

  /** The present address with other choices; another cut begins its lists anew. */
  function changed(change) {
    const [path, asks = ""] = page.split("?"), given = new URLSearchParams(asks);
    change(given);
    given.delete("halaman");
    return given.size ? `${path}?${given}` : path;
  }

  /** Replace what differs at another address of this page, put it into the history, and follow it. */
  async function turnTo(path) {
    const mine = turning += 1, whole = body.dataset.root + path;
    body.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address("/live/doc", { page: path }), { cache: "no-store" });
      if (!answer.ok) return location.assign(whole);
      const doc = await answer.json();
      if (mine !== turning) return;
      page = body.dataset.page = path;
      etag = "";
      history.pushState(null, "", whole);
      for (const back of all("input[name=kembali]")) back.value = path;
      apply(doc);
      clearTimeout(reopening);
      reopening = setTimeout(open, 400);
    } catch { location.assign(whole); }
    finally { if (mine === turning) body.removeAttribute("aria-busy"); }
  }

  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-turn]");
    if (!link || past !== null || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    turnTo(leads(link));
  });
  document.addEventListener("submit", event => {
    const field = past === null && event.target.matches("form[data-turn]") && event.target.querySelector("input[type=search]");
    if (!field) return;
    event.preventDefault();
    turnTo(changed(given => field.value ? given.set(field.name, field.value) : given.delete(field.name)));
  });

  // --- Dash: evidence cards and cuts ----------------------------------------------------------------

  const card = find("kartu");
  const AGAIN = 8e3; // ms that an answer is waited for
  let ready = false, asked = 0, cuts = 0, opener = null, narrowing = 0;
  const waiting = {};

  /** Hand a question to Dash's store; kept until Dash has started. */
  function ask(store, data) {
    if (ready) dash_clientside.set_props(store, { data });
    else waiting[store] = data;
  }

  function evidence(element) {
    const { kpi, scope, area, opd } = element.dataset;
    opener = element;
    card.replaceChildren(make("p", { textContent: body.dataset.loading, className: "loading" }));
    if (!card.open) card.showModal();
    const mine = asked += 1;
    ask("tanya", { page, kpi, area: scope || area || null, opd: opd || null, lang, cut, n: mine, ...when });
    setTimeout(() => { if (mine === asked && card.querySelector(".loading")) put(card.firstChild, body.dataset.failed); }, AGAIN);
  }

  /** Ask for the present cut, and again until it is there: what stands below the filters must be what they say. */
  function narrow(pause = 20) {
    clearTimeout(narrowing);
    narrowing = setTimeout(() => {
      body.setAttribute("aria-busy", "true");
      ask("saring", { page, lang, cut, n: cuts += 1, ...when });
      narrowing = setTimeout(narrow, AGAIN);
    }, pause);
  }

  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    liveroom: {
      card(answer) {
        if (!answer) started();
        else if (card.open && answer.n === asked) {
          card.innerHTML = answer.html;
          (card.querySelector("[data-close]") || card).focus();
          tick();
        }
      },
      cut(doc) {
        if (!doc || JSON.stringify(doc.cut) !== JSON.stringify(cut)) return; // Dash has started; another cut is on its way
        if (doc.version < version) return narrow(250); // the stream was faster
        clearTimeout(narrowing);
        body.removeAttribute("aria-busy");
        apply(doc);
      },
    },
  });

  /** Dash calls a callback with nothing once it has drawn: only then can a store be set. */
  function started() {
    ready = true;
    body.dataset.ready = "";
    for (const store of Object.keys(waiting)) { ask(store, waiting[store]); delete waiting[store]; }
  }

  /** Dash's scripts, in order, once the page has been painted. */
  function load() {
    const scripts = body.dataset.dash.split(" ").map(src => make("script", { src, async: false }));
    scripts[scripts.length - 1].onload = () => new window.DashRenderer();
    document.head.append(...scripts);
  }

  document.addEventListener("click", event => {
    if (event.target === card || event.target.closest("[data-close]")) return card.close();
    if (event.target.closest("[data-print]")) return print();
    if (event.target.closest("a, input, select, textarea, label, dialog")) return;
    const element = event.target.closest("[data-kpi]");
    if (element) evidence(element);
  });
  document.addEventListener("keydown", event => {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("[data-kpi][tabindex]")) {
      event.preventDefault();
      evidence(event.target);
    }
  });
  card.addEventListener("close", () => { if (opener && !opener.isConnected) refocus(opener); });

  function choose(form) {
    const order = ["category", "channel", "opd", "days"], given = new FormData(form);
    cut = Object.fromEntries(order.filter(key => given.get(key)).map(key => [key, given.get(key)]));
    const [path, asks = ""] = page.split("?");
    history.pushState(null, "", `${body.dataset.root}${path}?${new URLSearchParams([...new URLSearchParams(asks), ...Object.entries({ ...cut, ...when })])}`);
    narrow();
  }

  for (const kind of ["change", "submit"]) document.addEventListener(kind, event => {
    const form = event.target.closest("form[data-cut]");
    if (!form) return;
    event.preventDefault();
    choose(form);
  });
  document.addEventListener("change", event => {
    const form = event.target.closest("form[data-ask]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
  addEventListener("popstate", () => location.reload());

  tick();
  if (past === null) {
    setInterval(tick, 1e3);
    open();
  }
  const idle = window.requestIdleCallback || (run => setTimeout(run, 200));
  const later = () => idle(load, { timeout: 2e3 });
  if (document.readyState === "complete") later(); else addEventListener("load", later);
})();

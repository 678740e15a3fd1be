"""First load and reload of the wall and of LR-1's dashboard, and the recolouring of 104 areas."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator

from bench import world
from bench.browser import Load, chromium, load
from bench.report import Line, quantile

ROUNDS = 7
WANT = {
    "/dinding": {"tiles": 8, "areas": 104, "also": ["#ranking li", "#arrivals svg", "#attention"]},
    "/lr1/36.71": {
        "tiles": 8,
        "areas": 104,
        "also": ["#ranking li:nth-child(30)", "#oldest tbody tr:nth-child(50)", "#trend svg"],
    },
}
RECOLOUR = """
() => {
  const shapes = [...document.querySelectorAll('svg [data-area]')];
  const looks = shapes.map(s => s.getAttribute('class')), moved = looks.map((_, i) => looks[(i + 1) % looks.length]);
  const once = want => {
    const start = performance.now();
    shapes.forEach((s, i) => s.setAttribute('class', want[i]));
    shapes[0].ownerSVGElement.getBoundingClientRect();
    getComputedStyle(shapes[shapes.length - 1]).fill;
    return performance.now() - start;
  };
  return new Promise(done => {
    const times = [];
    const step = () => {
      times.push(once(times.length % 2 ? looks : moved));
      times.length < 60 ? requestAnimationFrame(step) : done(times);
    };
    step();
  });
}
"""


def run(rows: int) -> Iterator[Line]:
    env = world.environment(world.HOME / f"room-{rows}", world.HOME / "packs")
    port = int(env["LIVEROOM_PORT"])
    command = [sys.executable, "-m", "gunicorn", "bench.server:create()", "-k", "uvicorn_worker.UvicornWorker"]
    command += [f"--bind=127.0.0.1:{port}", "--no-control-socket", "--log-level=warning", "--graceful-timeout=1"]
    with world.process(command, env), chromium() as browser:
        world.wait_ready(port)
        for path, want in WANT.items():
            url = f"http://127.0.0.1:{port}{path}"
            cold, warm = [], []
            for _ in range(ROUNDS):
                context = browser.new_context(viewport={"width": 1920, "height": 1600})
                page = context.new_page()
                cold.append(load(page, url, want))
                warm.append(load(page, url, want))
                context.close()
            yield from _lines(path, cold, warm, port)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://127.0.0.1:{port}/dinding?adegan=kota&diam")
        times = page.evaluate(RECOLOUR)
        p95 = quantile(times, 0.95)
        yield Line(
            "recolour 104 areas", f"{statistics.median(times):.1f} ms, p95 {p95:.1f}", "60 times", goal="< 20 ms", met=p95 < 20
        )


def _lines(path: str, cold: list[Load], warm: list[Load], port: int) -> Iterator[Line]:
    seconds = statistics.median(x.seconds for x in cold)
    how = f"median of {ROUNDS}, empty cache, {min(x.seconds for x in cold):.2f} to {max(x.seconds for x in cold):.2f} s"
    yield Line(f"{path}: first load, all figures", f"{seconds:.2f} s", how, goal="<= 0.65 s", met=seconds <= 0.65)
    again = statistics.median(x.seconds for x in warm)
    yield Line(f"{path}: reload", f"{again:.2f} s", f"median of {ROUNDS}", goal="<= 0.5 s", met=again <= 0.5)
    total = statistics.median(sum(x.bytes.values()) for x in cold) / 1000
    kinds = ", ".join(f"{kind} {size / 1000:.0f}" for kind, size in sorted(cold[0].bytes.items()))
    yield Line(f"{path}: over the wire, first load", f"{total:.0f} KB", kinds, goal="< 400 KB", met=total < 400)
    yield Line(
        f"{path}: JS heap after collection",
        f"{statistics.median(x.heap for x in cold):.1f} MB",
        "",
        goal="<= 8 MB",
        met=cold[0].heap <= 8,
    )
    hosts = set().union(*(x.hosts for x in cold + warm)) - {f"127.0.0.1:{port}", "data"}
    yield Line(f"{path}: foreign hosts asked", str(len(hosts)), ", ".join(hosts), goal="0", met=not hosts)

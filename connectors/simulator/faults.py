"""Faults of simulated systems, switched on by command: what is wrong, with which system, until when."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KINDS: Mapping[str, str] = {
    "mati": "menjawab 503",
    "lambat": "mengirim beberapa bita tiap detik",
    "masuk": "menjawab halaman masuk (HTML)",
    "rusak": "jawaban terpotong",
    "batas": "menjawab 429, terlalu banyak permintaan",
    "token": "menolak token (401)",
    "beku": "datanya berhenti pada saat gangguan dimulai",
    "berubah": "nama kolomnya berubah",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``until`` and ``since`` are seconds since 1970 by the real clock, also where the room's clock is set."""

    kind: str
    since: float
    until: float


class Faults:
    """The file ``DATA/demo/faults.json``; read again whenever it has changed."""

    def __init__(self, demo: Path) -> None:
        self.path = demo / "faults.json"
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Fault] = {}

    def all(self) -> dict[str, Fault]:
        """The faults in force, by system."""
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if stamp != self._stamp:
                self._known = {name: Fault(**given) for name, given in json.loads(self.path.read_text("utf-8")).items()}
                self._stamp = stamp
        except FileNotFoundError:
            self._known, self._stamp = {}, None
        now = time.time()
        return {name: fault for name, fault in self._known.items() if now < fault.until}

    def of(self, system: str) -> Fault | None:
        return self.all().get(system)

    def begin(self, system: str, kind: str, minutes: float) -> None:
        """Switch a fault on, in place of the system's last one."""
        now = time.time()
        self._write(self.all() | {system: Fault(kind=kind, since=now, until=now + 60 * minutes)})

    def clear(self, system: str | None = None) -> None:
        """End the faults of one system, or all."""
        self._write({name: fault for name, fault in self.all().items() if system is not None and name != system})

    def _write(self, faults: Mapping[str, Fault]) -> None:
        body = {name: {"kind": f.kind, "since": f.since, "until": f.until} for name, f in faults.items()}
        descriptor, part = tempfile.mkstemp(dir=self.path.parent, prefix=".faults-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(body, file, indent=1)
        Path(part).replace(self.path)


# --- the commands -------------------------------------------------------------------------------


def switch_on(data: Path, system: str, kind: str, minutes: float) -> str:
    """Begin a fault; returns what to tell the operator. Raises ``ValueError`` for an unknown system or kind."""
    faults = _of(data)
    _known(system)
    if kind not in KINDS:
        raise ValueError(f"gangguan {kind!r} tidak ada; yang ada: {', '.join(KINDS)}")
    if not 0 < minutes <= 24 * 60:
        raise ValueError("lama gangguan: lebih dari 0 sampai 1440 menit")
    faults.begin(system, kind, minutes)
    return f"{system}: {KINDS[kind]}, {minutes:g} menit."


def listing(data: Path) -> str:
    """The faults in force, one a line."""
    left = {name: (fault, (fault.until - time.time()) / 60) for name, fault in sorted(_of(data).all().items())}
    lines = [f"{name}: {fault.kind} ({KINDS[fault.kind]}), {minutes:.0f} menit lagi" for name, (fault, minutes) in left.items()]
    return "\n".join(lines) or "Tidak ada gangguan."


def switch_off(data: Path, system: str | None) -> str:
    """End one system's fault, or all."""
    faults = _of(data)
    if system is not None:
        _known(system)
    faults.clear(system)
    return "Semua gangguan dihentikan." if system is None else f"{system}: gangguan dihentikan."


def _of(data: Path) -> Faults:
    if not (data / "demo").is_dir():
        raise ValueError(f"{data} bukan folder demo; mulailah dengan: liveroom up --demo")
    return Faults(data / "demo")


def _known(system: str) -> None:
    from connectors.simulator.upstreams import upstreams  # late: its modules load the whole simulator

    if system not in upstreams():
        raise ValueError(f"sistem {system!r} tidak ada; yang ada: {', '.join(sorted(upstreams()))}")

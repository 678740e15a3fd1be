"""OCDS packages put together: releases of one process merged to what is known now, and its parts as rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from ocdsmerge import Merger
from ocdsmerge.exceptions import OCDSMergeError

from connectors.http import Http
from connectors.source import FormChanged, Refused

MAX_FILE_BYTES = 256 << 20

KEPT: Mapping[str, Any] = {
    **dict.fromkeys(("ocid", "id", "date", "tag")),
    "buyer": dict.fromkeys(("id", "name")),
    "planning": {"budget": {"amount": None, "projectID": None, "period": None}},
    "tender": {
        **dict.fromkeys(("title", "description", "status", "value", "procurementMethod", "procurementMethodDetails")),
        **dict.fromkeys(("tenderPeriod", "contractPeriod", "mainProcurementCategory", "numberOfTenderers")),
        "procuringEntity": dict.fromkeys(("id", "name")),
        "lots": dict.fromkeys(("id", "title", "status", "value")),
    },
    "awards": {
        **dict.fromkeys(("id", "title", "status", "date", "value", "relatedLots")),
        "suppliers": dict.fromkeys(("id", "name")),
    },
    "contracts": dict.fromkeys(("id", "awardID", "title", "status", "value", "period", "dateSigned", "relatedLots")),
}
"""What is read of a release; contact points, addresses, who bid, documents and items are left behind."""

RULES = {
    ("id",): "omitWhenMerged",
    ("date",): "omitWhenMerged",
    ("tag",): "omitWhenMerged",
    ("awards", "relatedLots"): "wholeListMerge",
    ("contracts", "relatedLots"): "wholeListMerge",
}
"""How the kept fields are merged (OCDS 1.1, "Merging"): these differ from the routine, by which objects are merged field by
field and lists of objects by their ``id``. Given to the library, so that it asks nobody for a schema."""

_MERGER = Merger(merge_rules=RULES)


def processes(packages: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Each contracting process of all packages once: merged, or with ``galat`` saying why it cannot be.

    A release package, a record package, and a release that stands alone are read alike, of any version.
    Raises :class:`FormChanged` for anything else.
    """
    releases: dict[str, list[dict[str, Any]]] = {}
    compiled: dict[str, dict[str, Any]] = {}
    for package in packages:
        for item in _items(package):
            name = item.get("ocid")
            if not isinstance(name, str) or not name.strip():
                yield {"ocid": None, "galat": "ocid kosong, padahal wajib diisi"}
                continue
            parts, whole = _parts(item)
            releases.setdefault(name, []).extend(map(_slim, parts))
            if whole is not None:
                compiled[name] = _slim(whole)
    for name, found in releases.items():
        yield _merged(name, found, compiled.get(name))


def _items(package: Any) -> list[Mapping[str, Any]]:
    """The releases or records of a package."""
    if isinstance(package, Mapping):
        found = package.get("releases") or package.get("records") or ([package] if "ocid" in package else None)
        if found is None and isinstance(package.get("releases", package.get("records")), list):
            return []
        if isinstance(found, list) and all(isinstance(item, Mapping) for item in found):
            return found
    raise FormChanged("bukan paket OCDS: tanpa daftar releases atau records")


def _parts(item: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], Mapping[str, Any] | None]:
    """A record's releases, where they are in it, and its compiled release; a release is its own part.

    Releases that a record only links to are not fetched: then the publisher's own compiled release counts.
    """
    if "releases" not in item and "compiledRelease" not in item:
        return [item], None
    whole = item.get("compiledRelease")
    inside = [part for part in item.get("releases") or [] if isinstance(part, Mapping)]
    linked = any("url" in part and "id" not in part for part in inside)
    return ([] if linked else inside), whole if isinstance(whole, Mapping) else None


def _merged(ocid: str, releases: list[dict[str, Any]], compiled: dict[str, Any] | None) -> dict[str, Any]:
    if not releases and compiled is None:
        return {"ocid": ocid, "galat": "rilis hanya ditautkan, tanpa compiledRelease"}
    if not releases:
        return {**(compiled or {}), "ocid": ocid, "tanggal_pertama": (compiled or {}).get("date")}
    unlike = {repr(release): release for release in releases}  # the same release may come in several packages
    dates = [release.get("date") for release in unlike.values()]
    if not all(isinstance(date, str) for date in dates):
        return {"ocid": ocid, "galat": "rilis tanpa tanggal"}
    try:
        merged: dict[str, Any] = _MERGER.create_compiled_release(list(unlike.values()))
    except (OCDSMergeError, TypeError, ValueError, KeyError, AttributeError) as error:
        return {"ocid": ocid, "galat": f"rilis tidak dapat digabung ({type(error).__name__})"}
    return merged | {"ocid": ocid, "tanggal_pertama": min(str(date) for date in dates)}


def _slim(release: Mapping[str, Any], kept: Mapping[str, Any] = KEPT) -> dict[str, Any]:
    """A release's kept fields; a field of another type than the standard's stays as it is, to be refused by name."""
    found: dict[str, Any] = {}
    for name, inner in kept.items():
        if name not in release or release[name] is None:
            continue
        value = release[name]
        if inner and isinstance(value, Mapping):
            value = _slim(value, inner)
        elif inner and isinstance(value, list):
            value = [_slim(item, inner) if isinstance(item, Mapping) else item for item in value]
        found[name] = value
    return found


def rows(process: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A process as one row, or as one for each contract and each lot without one, where there are several.

    The sum planned for the process stands on its first part alone: it is stated once.
    """
    if "galat" in process:
        return [dict(process)]
    contracts, lots, awards = (_list(process, *path) for path in (("contracts",), ("tender", "lots"), ("awards",)))
    by_award = {str(award.get("id")): award for award in awards}
    pairs = [(contract, by_award.get(str(contract.get("awardID")))) for contract in contracts]
    covered = {str(lot) for pair in pairs for side in pair if side for lot in _list(side, "relatedLots", of=object)}
    waiting = [lot for lot in lots if str(lot.get("id")) not in covered] if len(lots) > 1 else []
    base = _base(process)
    if len(pairs) + len(waiting) <= 1:
        contract, award = pairs[0] if pairs else (None, None)
        return [base | _contract(contract, award or next(iter(awards), None))]
    found = [
        base | _contract(contract, award) | {"bagian": str(contract.get("id", "")), "pagu": None, "hps": None}
        for contract, award in pairs
    ]
    found += [
        base
        | _contract(None, None)
        | {"bagian": str(lot.get("id", "")), "pagu": None, "hps": lot.get("value"), "status_lot": lot.get("status")}
        | ({"judul_bagian": lot["title"]} if lot.get("title") else {})
        for lot in waiting
    ]
    found.sort(key=lambda row: str(row["bagian"]))
    found[0]["pagu"] = base["pagu"]
    return found


def _base(process: Mapping[str, Any]) -> dict[str, Any]:
    tender, budget = _map(process, "tender"), _map(_map(process, "planning"), "budget")
    buyer, unit = _map(process, "buyer"), _map(tender, "procuringEntity")
    return {
        "ocid": process["ocid"],
        "tanggal_pertama": process.get("tanggal_pertama"),
        "pembeli": buyer.get("name"),
        "kode_pembeli": buyer.get("id"),
        "satuan_kerja": unit.get("name"),
        "kode_satuan_kerja": unit.get("id"),
        "judul": tender.get("title") or tender.get("description"),
        "status_tender": tender.get("status"),
        "metode": tender.get("procurementMethod"),
        "rincian_metode": tender.get("procurementMethodDetails"),
        "mulai_tender": _map(tender, "tenderPeriod").get("startDate"),
        "mulai_pekerjaan": _map(budget, "period").get("startDate") or _map(tender, "contractPeriod").get("startDate"),
        "ada_tender": bool(tender),
        "kode_rencana": budget.get("projectID"),
        "pagu": budget.get("amount"),
        "hps": tender.get("value"),
        "jenis": tender.get("mainProcurementCategory"),
        "penawar": tender.get("numberOfTenderers"),
    }


def _contract(contract: Mapping[str, Any] | None, award: Mapping[str, Any] | None) -> dict[str, Any]:
    contract, award = contract or {}, award or {}
    suppliers = dict.fromkeys(str(s.get("id") or s.get("name") or "") for s in _list(award, "suppliers"))
    period = _map(contract, "period")
    return {
        "judul_bagian": contract.get("title") or award.get("title"),
        "status_penetapan": award.get("status", "active") if award else None,
        "ditetapkan": award.get("date"),
        "ada_kontrak": bool(contract),
        "status_kontrak": contract.get("status"),
        "nilai": (contract.get("value") or award.get("value")) if contract else None,
        "ditandatangani": contract.get("dateSigned"),
        "mulai_kontrak": period.get("startDate"),
        "akhir_kontrak": period.get("endDate"),
        "penyedia": "; ".join(name for name in suppliers if name) or None,
    }


def _map(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(value: Mapping[str, Any], *path: str, of: type = dict) -> list[Any]:
    for name in path[:-1]:
        value = _map(value, name)
    found = value.get(path[-1])
    return [item for item in found if isinstance(item, of)] if isinstance(found, list) else []


# --- where packages are -----------------------------------------------------------------------------


def fetched(http: Http, url: str, headers: Mapping[str, str], most: int) -> Iterator[Any]:
    """A package and those that its ``links.next`` lead to, at most ``most``."""
    seen: set[str] = set()
    while url not in seen:
        if len(seen) == most:
            raise FormChanged(f"lebih dari {most} halaman paket OCDS")
        seen.add(url)
        answer = http.get(url, headers=headers or None)
        package = answer.json()
        yield package
        links = package.get("links") if isinstance(package, Mapping) else None
        following = links.get("next") if isinstance(links, Mapping) else None
        if not isinstance(following, str) or not following:
            return
        url = urljoin(url, following)
    raise FormChanged("paket OCDS menunjuk kembali ke halaman yang sudah dibaca")


def filed(pattern: str, folder: Path) -> Iterator[Any]:
    """The packages in files inside the folder; raises :class:`Refused` for one outside of it."""
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise Refused(f"berkas di luar folder yang diizinkan: {pattern}")
    for path in sorted(folder.glob(pattern)):
        if not path.resolve().is_relative_to(folder):
            raise Refused(f"berkas di luar folder yang diizinkan: {path.name}")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise FormChanged(f"berkas lebih dari {MAX_FILE_BYTES >> 20} MB: {path.name}")
        try:
            yield json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise FormChanged(f"berkas bukan JSON ({type(error).__name__}): {path.name}") from error

"""Where the page of an area is: a kecamatan has its own address, all others (kelurahan, desa, the whole, no place) share one."""

from __future__ import annotations


def area_address(code: str) -> str:
    """The address of an area's page, by the levels in its Kemendagri code (``36.71.01`` is a kecamatan)."""
    return f"/kecamatan/{code}" if code.count(".") == 2 else f"/kelurahan/{code}"

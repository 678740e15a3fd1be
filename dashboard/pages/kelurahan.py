"""One kelurahan or desa at the desk; also the whole city, and what has no place."""

from __future__ import annotations

from dashboard.places.page import place_page

PAGE = place_page("/kelurahan/{code}", {"id": "Wilayah", "en": "Areas"})

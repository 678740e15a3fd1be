"""One kecamatan at the desk."""

from __future__ import annotations

from dashboard.places.page import place_page

PAGE = place_page("/kecamatan/{code}", {"id": "Kecamatan", "en": "District"})

"""Measurements of the room on its declared goals; `make bench` prints them, `docs/benchmarks.md` keeps them with their date."""

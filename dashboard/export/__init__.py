"""Figures taken out of the room: a chart or a table as a file, always with where it came from."""

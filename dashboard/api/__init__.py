"""The read-only REST interface ``/api/v1``, described by OpenAPI 3.1: for other teams' pages and for workbooks that refresh
themselves."""

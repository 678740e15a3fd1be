"""The same rows by dlt, in a process and an environment of its own: ``python dlt_load.py (file PATH | http URL ROWS) FOLDER``.

As its documentation shows it: the built-in sources, merge by primary key, DuckDB. Nothing of the project is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}

import dlt
from dlt.sources.filesystem import filesystem, read_parquet
from dlt.sources.rest_api import rest_api_source


def from_file(path: Path) -> object:
    rows = filesystem(bucket_url=path.parent.as_uri(), file_glob=path.name) | read_parquet()
    return rows.with_name("complaints").apply_hints(primary_key="id", write_disposition="merge")


def from_http(base: str) -> object:
    paginator = {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": None}
    return rest_api_source({
        "client": {"base_url": base, "paginator": paginator},
        "resources": [{
            "name": "complaints",
            "primary_key": "id",
            "write_disposition": "merge",
            "endpoint": {"path": "rows", "data_selector": "data"},
        }],
    })  # fmt: skip


def main() -> None:
    kind, where, folder = sys.argv[1:]
    pipeline = dlt.pipeline(
        "lr1", destination=dlt.destinations.duckdb(f"{folder}/rows.duckdb"), dataset_name="beside", pipelines_dir=folder
    )
    pipeline.run(from_file(Path(where)) if kind == "file" else from_http(where))
    with pipeline.sql_client() as client:
        print(client.execute_sql("SELECT count(*) FROM complaints")[0][0])


if __name__ == "__main__":
    main()

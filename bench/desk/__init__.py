"""Pages that only the benchmarks open."""

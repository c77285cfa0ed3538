"""Reports: the typed results of a run, the tables made of them, and comparisons between runs."""

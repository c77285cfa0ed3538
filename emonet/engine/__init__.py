"""The engine: corpora are gathered, stages run, kept and scored, and a run's folder is written."""

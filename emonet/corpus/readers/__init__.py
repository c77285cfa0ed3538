"""Readers: the ways in which files, tables and releases of others become utterances."""

"""Corpora: what they are, how their folders are read, how they are split, and how they are fetched."""

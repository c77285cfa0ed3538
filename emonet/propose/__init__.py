"""What a folder of files suggests: a corpus card, and a plugin package around it."""

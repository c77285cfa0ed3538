"""What ``emonet corpora check`` looks at: whether a copy of a corpus is whole, right and can be used."""

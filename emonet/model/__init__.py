"""Models: what frontends, backbones and extractors promise, and how they are put together."""

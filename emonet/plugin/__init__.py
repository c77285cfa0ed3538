"""The plugin system: hooks, and the registry that collects what plugins return."""

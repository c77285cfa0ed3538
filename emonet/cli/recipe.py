"""``emonet recipe``: what recipes may hold."""

from __future__ import annotations

import typer

from emonet.cli.console import print_json

app = typer.Typer(help="What recipes may hold.", no_args_is_help=True, add_completion=False)


@app.callback()
def recipe() -> None:
    """What recipes may hold."""


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of recipes, for editors: it completes keys and marks typos while you write."""
    from emonet.recipe.recipe import recipe_schema

    print_json(recipe_schema())

"""``emonet recipe``: what recipes may hold."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer

from emonet.cli.console import AsJson, print_json, print_table, say

app = typer.Typer(help="What recipes may hold.", no_args_is_help=True, add_completion=False)


@app.callback()
def recipe() -> None:
    """What recipes may hold."""


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of recipes, for editors: it completes keys and marks typos while you write."""
    from emonet.recipe.recipe import recipe_schema

    print_json(recipe_schema())


@app.command("keys")
def keys(
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the tables of a page.")] = False,
    json: AsJson = False,
) -> None:
    """List all keys of recipes: what they take, their defaults, and what they mean."""
    from emonet.api.recipe_keys import heading_of, recipe_keys, recipe_page

    found = recipe_keys()
    if json:
        print_json([asdict(key) for key in found])
    elif markdown:
        say("\n".join(recipe_page()))
    else:
        for group, of_group in groupby(found, key=lambda key: key.group):
            rows = [(key.key, key.takes, "needed" if key.needed else key.default, key.meaning) for key in of_group]
            print_table(heading_of(group), ("key", "takes", "default", "meaning"), rows)

"""``emonet plugins``: what is installed, what it brings, and whether it keeps the contracts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emonet.cli.console import AsJson, PluginFiles, errors, load_plugins, print_json, print_table, say
from emonet.errors import counted
from emonet.plugin.registry import Registry
from emonet.progress import busy

if TYPE_CHECKING:
    from emonet.testing import Result

app = typer.Typer(help="List plugins, and check what they bring against the contracts.", add_completion=False)


@app.callback(invoke_without_command=True)
def list_plugins(context: typer.Context, *, plugin: PluginFiles = None, json: AsJson = False) -> None:
    """List plugins with distribution, version, hooks and names; or check one with 'check NAME'."""
    if context.invoked_subcommand is not None:
        return
    facts = _facts(load_plugins(plugin))
    if json:
        print_json(facts)
        return
    columns = ("plugin", "distribution", "version", "hooks", "brings")
    print_table("", columns, [_cells(each) for each in facts])
    say("Check one against the contracts: emonet plugins check NAME")


def _facts(registry: Registry) -> list[dict[str, Any]]:
    # Asking for the names calls the hooks, and a hook that raises breaks its plugin: so names come first.
    names = {name: registry.names_of(name) for name in registry.plugins}
    return [
        {
            "name": info.name,
            "distribution": info.distribution,
            "version": info.version,
            "hooks": list(info.hooks),
            "brings": names[name],
            "error": info.error,
        }
        for name, info in registry.plugins.items()
    ]


def _cells(facts: dict[str, Any]) -> tuple[str, ...]:
    brings = "\n".join(f"{kind.replace('_', ' ')}: {', '.join(names)}" for kind, names in facts["brings"].items())
    if facts["error"]:
        brings = f"BROKEN: {facts['error']}"
    return facts["name"], facts["distribution"], facts["version"], "\n".join(facts["hooks"]), brings


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A plugin, or one corpus or component.")],
    *,
    plugin: PluginFiles = None,
    json: AsJson = False,
) -> None:
    """Run the contract kit on everything that a plugin brings; exit code 1 where a check fails."""
    from emonet.testing import check_plugin

    registry = load_plugins(plugin)
    with busy(errors(), f"Checking {name} ...", quiet=json):
        results = check_plugin(registry, name)
    if json:
        print_json([asdict(each) for each in results])
    else:
        rows = [(_verdict(each), each.subject, each.check, each.message or each.expected_failure) for each in results]
        print_table(f"Contracts of plugin {name}", ("", "subject", "check", "message"), rows)
        failed = sum(not each.passed for each in results)
        say(f"{counted(len(results), 'check')}, {failed} failed.")
    if any(not each.passed for each in results):
        raise typer.Exit(1)


def _verdict(result: Result) -> str:
    if not result.passed:
        return "FAILED"
    return "fails, as declared" if result.expected_failure else "passed"

"""`zjr completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from zuora_journal_runs.cli.status import Status


@click.command(
    epilog="""\b
  bash, in ~/.bashrc:  eval "$(zjr completion bash)"
  zsh, in ~/.zshrc:    eval "$(zjr completion zsh)"
  fish, once:          zjr completion fish >
                         ~/.config/fish/completions/zjr.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print a shell completion script."""
    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(context.find_root().command, {}, "zjr", "_ZJR_COMPLETE").source())
    return Status.DONE

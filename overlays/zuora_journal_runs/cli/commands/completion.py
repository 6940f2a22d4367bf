"""`zjr completion`."""

from __future__ import annotations

import re
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from zuora_journal_runs.cli.exit_status import ExitStatus

_INSERT = "COMPREPLY+=($value)"
_INSERT_QUOTED = """case ${COMP_WORDS[COMP_CWORD]} in
                [\\"\\']*) ;;
                *) printf -v value %%q "$value" ;;
            esac
            COMPREPLY+=("$value")"""


@add_completion_class
class QuotingBashComplete(BashComplete):
    """Completion in bash that quotes values with blanks, and completes `--option=value`."""

    source_template: ClassVar[str] = BashComplete.source_template.replace(_INSERT, _INSERT_QUOTED)

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the arguments before the word to complete, and that word."""
        args, incomplete = super().get_completion_args()
        # Bash splits `--option=value` into three words.
        return [arg for arg in args if arg != "="], "" if incomplete == "=" else incomplete


@add_completion_class
class ValueZshComplete(ZshComplete):
    """Completion in zsh that completes the value of `--option=value`."""

    source_template: ClassVar[str] = ZshComplete.source_template.replace(
        "    response=(", "    [[ $PREFIX == --*=* ]] && compset -P '*='\n\n    response=("
    ).replace("compadd -U ", 'compadd -U -i "$IPREFIX" ')


@add_completion_class
class ValueFishComplete(FishComplete):
    """Completion in fish that completes the value of `--option=value`, files as well."""

    source_template: ClassVar[str] = re.sub(
        r"__fish_complete_(directories|path) \$metadata\[2\];",
        r"""set -l option (string match -r -- '^--[^=]*=' $metadata[2]);
            for found in (__fish_complete_\1 (string replace -r -- '^--[^=]*=' '' $metadata[2]));
                string join -- '' $option $found;
            end;""",
        FishComplete.source_template,
    ).replace('string split ","', 'string split -m 1 ","')

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return the completions; fish expects them to include the option."""
        option, equals, _ = incomplete.partition("=")
        items = super().get_completions(args, incomplete)
        if option.startswith("--") and equals:
            return [CompletionItem(f"{option}={item.value}", item.type, item.help) for item in items]
        return items


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
    complete: ShellComplete = script(context.find_root().command, {}, "zjr", "_ZJR_COMPLETE")
    click.echo(complete.source())
    return ExitStatus.DONE

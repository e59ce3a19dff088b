"""The command lines of both commands: what was typed wrongly is said in Chinese first, short, with English beside it."""

import argparse
import re
import sys
from importlib import metadata
from typing import Any, Final, NoReturn

from schemas.problems import Exit

_SAID: Final = (
    (re.compile(r"the following arguments are required: (.+)"), r"缺少 \1"),
    (re.compile(r"unrecognized arguments: (.+)"), r"不认识 \1"),
    (re.compile(r"argument (\S+): invalid choice: (.+?) \(choose from (.+)\)"), r"\1 没有 \2 这一项，可用：\3"),
    (re.compile(r"argument (\S+): expected (?:one|at least one|\d+) arguments?"), r"\1 后面要跟一个值"),
    (re.compile(r"argument (\S+): invalid \S+ value: (.+)"), r"\1 的值 \2 不对"),
    (re.compile(r"argument (\S+): not allowed with argument (.+)"), r"\1 不能与 \2 同用"),
    (re.compile(r"argument (\S+): ignored explicit argument (.+)"), r"\1 不带值，请去掉 \2"),
    (re.compile(r"ambiguous option: (.+?) could match (.+)"), r"\1 不明确，可能是 \2"),
    (re.compile(r"argument (\S+): (.+)"), r"\1 的值不对，应为 \2"),
)
"""What the interpreter's own parser says, and how it is said here; an unknown sentence stays as it is."""
_OUR_OWN: Final = re.compile(r"invalid \S+ value")
"""How the interpreter's parser names the function that read a value: nothing for a person."""
_CHOICES: Final = re.compile(r" \(choose from .+\)")
_QUOTED: Final = re.compile(r"'([^']*)'")
_BESIDE: Final = " / "


def in_chinese(message: str) -> str:
    """Return what the interpreter's parser says of a command line, in Chinese; the sentence itself when it is not known."""
    for sentence, said in _SAID:
        if found := sentence.fullmatch(message):
            return _QUOTED.sub(r"“\1”", found.expand(said))
    return message


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks Chinese first; parsers of subcommands are of the same kind."""

    def __init__(self, **more: Any) -> None:
        """Take what `argparse.ArgumentParser` takes. One without help is a part of others, whose titles it then has."""
        helps = more.pop("add_help", True)
        super().__init__(add_help=False, **more)
        if helps:
            self._positionals.title, self._optionals.title = "参数 arguments", "选项 options"
            self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help="显示帮助 / show this help")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in two lines, and where to read on; ends with the exit code of a wrong usage."""
        chinese, _, english = message.partition(_BESIDE) if _BESIDE in message else (in_chinese(message), "", message)
        lines = [f"✗ {chinese}"]
        lines += [f"  {_OUR_OWN.sub('invalid value', _CHOICES.sub('', english))}"] if english != chinese else []
        lines.append(f"  用法见 {self.prog} --help / see {self.prog} --help")
        sys.stderr.write("\n".join(lines) + "\n")
        raise SystemExit(int(Exit.USAGE))


class Version(argparse.Action):
    """`--version`: the program's name and version, looked up only when asked for."""

    def __init__(self, option_strings: list[str], **_: Any) -> None:
        """Take no value, and leave none behind."""
        nowhere = argparse.SUPPRESS
        super().__init__(option_strings, dest=nowhere, default=nowhere, nargs=0, help="显示版本 / print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print it and end."""
        sys.stdout.write(f"{parser.prog} {metadata.version('yizhan')}\n")
        parser.exit()

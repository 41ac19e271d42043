"""The `stridelab` command, also as ``python -m stridelab``: it starts on the standard library."""

from __future__ import annotations

import os
import sys

_UNWRITTEN = "the output cannot be written"


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and gives its exit status; nothing that a person types is a traceback."""
    try:
        status = _command(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        _write_nowhere()
        if not isinstance(error, BrokenPipeError):  # that is `stridelab doctor | head -1`
            what = f"{error.filename} cannot be used" if error.filename else _UNWRITTEN
            return _say(f"{what}: {error.strerror or error}")
        return 1
    return status


def _command(typed: list[str]) -> int:
    if typed[:1] == ["doctor"] and set(typed[1:]) <= {"--json", "--classroom"}:
        return _examine(*typed[1:])
    try:
        from stridelab import cli

        return cli.main(typed)
    except (ImportError, SyntaxError) as error:  # a library is missing, or broken
        text = " ".join(str(error).split())
        return _say(f"{text}. `stridelab doctor` names the command that mends it.")


def _examine(*options: str) -> int:
    """The doctor must answer where typer is missing."""
    from stridelab import doctor

    if "--classroom" not in options:
        return doctor.tell(as_json="--json" in options)
    from stridelab import preflight

    return preflight.tell(
        "--json" in options, lambda line: print(line, file=sys.stderr, flush=True)
    )


def _say(text: str) -> int:
    print(f"stridelab: {text}", file=sys.stderr)
    return 1


def _write_nowhere() -> None:
    """What is still to be written is lost, else Python would stumble over it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())

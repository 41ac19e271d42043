"""``python -m stridelab`` is the ``stridelab`` command."""

from stridelab.cli import main

main()

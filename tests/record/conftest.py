"""These scripts need frameworks that the project does not install: pytest leaves them alone."""

collect_ignore_glob = ["*.py"]

# StrideLab's commands. `make` alone lists them.

PYTHON ?= python3
PORT ?= 8888
OPEN ?= 1
VENV := .venv
INSTALLED := pyproject.toml constraints.txt src/stridelab/jupyterlab_settings.json
BIN := $(VENV)/bin
RUN := $(BIN)/python -m
OPS_TESTS := $(wildcard tests/test_ops*.py) tests/test_onnxruntime.py
NBVAL := STRIDELAB_DATA="$(CURDIR)/build/progress" $(RUN) pytest --nbval-lax --nbval-cell-timeout=120 -o addopts= -p no:cacheprovider -q lessons
# Vectors of four numbers, whatever the processor has: their tiles are other ones.
NARROW := NUMBA_CPU_NAME=$(if $(filter x86_64 AMD64,$(shell uname -m)),nehalem,generic) NUMBA_CPU_FEATURES= \
  NUMBA_CACHE_DIR=build/numba-narrow
PIP := $(RUN) pip --disable-pip-version-check --quiet install --constraint constraints.txt

.PHONY: help lab test test-all measure bench lint lessons readme site slides cheatsheet wheelhouse clean

help:
	@echo "make lab        the course in JupyterLab (PORT=8899 chooses the port, OPEN=0 opens nothing)"
	@echo "make test       every check but the slow ones"
	@echo "make test-all   the slow ones too"
	@echo "make lint       style, types, the direction of imports, spelling, built files"
	@echo "make measure    prints times: each lesson, control to picture, hover, first picture"
	@echo "make bench      times convolutions against PyTorch and ONNX Runtime (ARGS=--quick: six layers)"
	@echo "make lessons    builds lessons/ from course/lessons"
	@echo "make readme     writes README's badge, example and table of lessons"
	@echo "make site       builds build/site/html: the course as pages that open from disk"
	@echo "make slides     builds build/slides: a deck for each lesson"
	@echo "make cheatsheet writes build/cheatsheet.html and .pdf: two pages to print"
	@echo "make wheelhouse gathers build/wheelhouse: all that a room without a network installs"
	@echo "make clean      removes what these commands made, but never my-lessons/"

# pip is what venv puts there last: without it the environment is not whole, and is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "StrideLab needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# A stamp for each set of packages, so that the second run starts at once.
$(VENV)/lab.stamp: $(INSTALLED) | $(BIN)/pip
	@echo "Installing StrideLab and JupyterLab into $(VENV); the first time takes one to three minutes ..."
	@$(PIP) --editable ".[lab]"
	@touch $@

$(VENV)/test.stamp: $(INSTALLED) | $(BIN)/pip
	@echo "Installing StrideLab and its test tools into $(VENV); the first time takes two to four minutes ..."
	@$(PIP) --editable ".[test]"
	@touch $@ $(VENV)/lab.stamp

$(VENV)/bench.stamp: $(INSTALLED) | $(BIN)/pip
	@echo "Installing StrideLab, PyTorch and ONNX Runtime into $(VENV); the first time takes two to four minutes ..."
	@$(PIP) --editable ".[bench]"
	@touch $@

lab: $(VENV)/lab.stamp
	@$(BIN)/stridelab lab --port $(PORT) $(if $(filter 0,$(OPEN)),--no-open)

lint: $(VENV)/test.stamp
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(BIN)/lint-imports
	$(RUN) codespell_lib
	$(BIN)/python course/build/lessons.py --check
	$(BIN)/python course/build/readme.py --check

test: lint
	$(BIN)/stridelab warmup
	$(RUN) pytest -m "not slow"
	$(NBVAL)

test-all: $(VENV)/test.stamp
	$(RUN) pytest -m slow
	STRIDELAB_NUMBA=0 $(NBVAL)
	STRIDELAB_NUMBA=0 $(RUN) pytest -q $(OPS_TESTS) tests/test_layers.py tests/test_recorded.py
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=build/numba-boundscheck $(RUN) pytest -q $(OPS_TESTS)
	NUMBA_DISABLE_JIT=1 $(RUN) pytest -q tests/test_ops_values.py tests/test_ops_methods.py
	$(NARROW) $(RUN) pytest -q tests/test_kernels.py tests/test_ops_values.py tests/test_bounds.py

measure: $(VENV)/test.stamp
	$(RUN) tests.measure

bench: $(VENV)/bench.stamp
	$(BIN)/stridelab bench $(ARGS)

lessons: $(VENV)/test.stamp
	$(BIN)/python course/build/lessons.py

readme: $(VENV)/test.stamp
	$(BIN)/python course/build/readme.py

site: $(VENV)/test.stamp
	$(BIN)/python course/build/website.py

slides: $(VENV)/test.stamp
	$(BIN)/python course/build/slides.py

cheatsheet: $(VENV)/test.stamp
	$(BIN)/python course/build/cheatsheet.py

# Wheels of this Python and this system, at the versions that are tested.
wheelhouse: | $(BIN)/pip
	rm -rf build/wheelhouse
	$(RUN) pip --disable-pip-version-check wheel --constraint constraints.txt --wheel-dir build/wheelhouse ".[lab]"
	$(BIN)/python course/build/wheelhouse.py build/wheelhouse

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two commands are enough: `make repro` builds the environment and runs the pipeline, `make test`
# proves the code. Needs Python 3.11 or newer with pip; uv is used where it is installed.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.stamp
PORT ?= 5000
JOBS ?= 2
# The stages of rows wait only for those of an earlier kind. One that fails here does so again, alone
# and with its reason, in the run that follows. All use the same GPU, if there is one.
SEVERAL_AT_ONCE = for kind in learn freeze judge focus; do \
	  dvc stage list --name-only experiments/dvc.yaml | grep ":$$kind@" | \
	  OMP_NUM_THREADS=$$(( ($$(nproc) + $(JOBS) - 1) / $(JOBS) )) \
	  xargs -P $(JOBS) -n 1 dvc --wait-for-lock repro -s || true; done
# A process per core, which takes about a gigabyte; the tests of a file share what they have made.
WORKERS := -n auto --maxprocesses 4 --dist loadfile

# Stages say `python`: they must get this environment's. Nothing here reports to anyone.
OUTER_PATH := $(subst $(CURDIR)/$(VENV)/bin:,,$(PATH))
export PATH := $(CURDIR)/$(VENV)/bin:$(OUTER_PATH)
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
export GIT_PYTHON_REFRESH := quiet

.DEFAULT_GOAL := help
.PHONY: help repro table assay test test-all ui fmt lint type env lock

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

repro: $(READY)  ## build the environment, run every stage whose inputs changed
	@test -e .git || dvc config --quiet --local core.no_scm true  # a download without history
	@ivfgrade params  # before DVC removes the outputs of a stage that would then refuse
	dvc repro
	@echo "Done. Results: reports/  Model: models/export/  Experiments in the browser: make ui"

table: repro  ## the paper's Table 1: train and judge its rows, JOBS=2 at a time, compare, report
	@[ "$(JOBS)" -ge 1 ] 2>/dev/null || { echo "error: JOBS must be a number from 1 on" >&2; exit 1; }
	@[ "$(JOBS)" -eq 1 ] || $(SEVERAL_AT_ONCE)
	dvc repro experiments/dvc.yaml
	@echo "Done. Table, claims and pictures: reports/index.html"

assay: repro  ## measure the bundle on a thousand embryos that nothing has seen
	dvc repro assay/dvc.yaml
	@echo "Done. What its intervals cover and what it refuses: reports/assay/assay.json"

test: $(READY)  ## all tests but the slow ones
	python -m pytest $(WORKERS) -m "not slow"

test-all: $(READY)  ## all tests
	python -m pytest $(WORKERS)

ui: $(READY)  ## open the experiments in MLflow (PORT=5000)
	@ivfgrade ui --port $(PORT)

fmt: $(READY)  ## format the code
	ruff format .
	ruff check --fix .

lint: $(READY)  ## formatter and linter, changing nothing
	ruff format --check .
	ruff check .

type: $(READY)  ## type checker
	mypy

env: $(READY)  ## only the environment

# `===`: an index that also has CPU-only builds would pair its torch with another's torchvision.
# Without the extra `spark`: half a gigabyte that few need.
lock:  ## compile requirements.txt from pyproject.toml anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header \
	  --upgrade --output-file requirements.txt pyproject.toml
	sed -E 's/^(torch|torchvision)==+/\1===/' requirements.txt > requirements.txt.partial
	mv requirements.txt.partial requirements.txt

define install
@{ command -v uv >/dev/null && uv pip install --python $(VENV)/bin/python $(1); } || \
  $(PYTHON) -m pip --python $(VENV)/bin/python install --disable-pip-version-check $(1)
endef

# --without-pip: Debian ships venv without ensurepip; pip can install into it from outside.
$(READY): export PATH := $(OUTER_PATH)
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "error: ivfgrade needs Python 3.11 or newer and '$(PYTHON)' is not: name one, as in" \
	    "make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@command -v uv >/dev/null || $(PYTHON) -m pip --version >/dev/null 2>&1 || { \
	  echo "error: '$(PYTHON)' has no pip: install it (on Debian: apt install python3-pip)" >&2; \
	  exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)
	@echo "Installing the pinned packages (about 6 GB, some minutes)"
	$(call install,-r requirements.txt)
	$(call install,--no-deps --no-build-isolation -e .)
	@touch $@

# make demo   see what provkit is for: sets everything up, then runs the main job
# make test   set up and run every check (FULL=1 runs the long sweeps whole)
# make lint   the quick part of it: format, lint, types, floors
# make clean  take away what the above made

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help demo test lint clean

# The newest Python that is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)

SOURCES := $(shell find provkit ontologies sparql pyproject.toml README.md -type f -not -name '*.pyc' 2>/dev/null)
DEMO := .venv-demo
DEV := .venv
# Other people's checkers pin old libraries, so each has an environment of its own.
DATAONE := .venv-dataone
CRATES := .venv-crates

# What tests of other people's software need; installed where we are root.
APT := gcc libc6-dev octave r-base-core raptor2-utils strace swi-prolog-nox
PROBES := gcc octave-cli Rscript rapper strace swipl

help:
	sed -n 's/^# \(make .*\)/\1/p' $(MAKEFILE_LIST)

demo: $(DEMO)/.installed
	PATH="$(CURDIR)/$(DEMO)/bin:$$PATH" bash examples/c3c4/demo.sh

test: $(DEV)/.installed $(DATAONE)/.installed $(CRATES)/.installed .apt-installed
	echo "provkit: running every check$(if $(FULL), whole,), this takes some minutes"
	$(call lint,$(DEV)/bin)
	export PROVKIT_DATAONE_PYTHON=$(CURDIR)/$(DATAONE)/bin/python PROVKIT_ROC_PYTHON=$(CURDIR)/$(CRATES)/bin/python
	FULL=$(FULL) $(DEV)/bin/pytest -n 2 --dist loadgroup tests
	echo "provkit: every check passed"

lint: $(DEV)/.installed
	$(call lint,$(DEV)/bin)
	echo "provkit: lint passed"

$(DEMO)/.installed: $(SOURCES)
	$(call make_venv,$(DEMO))
	echo "provkit: installing it, as a user would, into $(DEMO) (once)"
	$(call pip_install,$(DEMO),.[graphviz])
	touch $@

# The stamp follows pyproject.toml only: the package itself is installed editable.
$(DEV)/.installed: pyproject.toml
	$(call make_venv,$(DEV))
	echo "provkit: setting up the checks in $(DEV) (once)"
	$(call pip_install,$(DEV),-e .[dev])
	touch $@

$(DATAONE)/.installed:
	$(call make_venv,$(DATAONE))
	echo "provkit: setting up DataONE's own checkers in $(DATAONE) (once)"
	$(call pip_install,$(DATAONE),dataone.common==3.5.2 metapype==0.3.0)
	touch $@

$(CRATES)/.installed:
	$(call make_venv,$(CRATES))
	echo "provkit: setting up the RO-Crate validator in $(CRATES) (once)"
	$(call pip_install,$(CRATES),roc-validator==0.13.0)
	$(call pip_install,$(CRATES),--no-deps rocrate)
	touch $@

.apt-installed: Makefile
	missing=
	for probe in $(PROBES); do command -v $$probe >/dev/null || missing="$$missing $$probe"; done
	if [ -n "$$missing" ]; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "provkit: installing what the tests of other software need:$$missing"
	    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(APT) >/dev/null \
	      || { echo "make test: apt could not install $(APT); install them and run again" >&2; exit 1; }
	  else
	    echo "provkit: not root, so tests that need$$missing are skipped (apt install $(APT))"
	  fi
	fi
	touch $@

clean:
	rm -rf $(DEMO) $(DEV) $(DATAONE) $(CRATES) demo .apt-installed build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

define lint
$(1)/ruff format --check . || { echo "make: run '$(1)/ruff format .'" >&2; exit 1; }
$(1)/ruff check .
$(1)/mypy
$(1)/lint-imports --no-logo
endef

define make_venv
if [ -z "$(PYTHON)" ]; then echo "provkit needs Python 3.11 or newer; install it, or say make PYTHON=/path/to/python" >&2; exit 1; fi
if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then
  package="$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "provkit: installing $$package"
    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$package >/dev/null \
      || { echo "make: apt could not install $$package; install it and run again" >&2; exit 1; }
  else
    echo "make: this Python has no venv module; install it: sudo apt install $$package" >&2; exit 1
  fi
fi
[ -x $(1)/bin/python ] || $(PYTHON) -m venv $(1)
endef

define pip_install
$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2) 2>$(1)/pip.log \
  || { tail -5 $(1)/pip.log >&2; echo "make: pip could not install $(2); is PyPI reachable? (log: $(1)/pip.log)" >&2; exit 1; }
endef

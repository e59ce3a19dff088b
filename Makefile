# Four doors: `make run`, `make test`, `make bench`, `make install`. The rest is for maintainers.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: install run test lint warm bench lock docs explore gallery policy-report

LOCK := requirements/dev.txt
# the stamp's name tells what the environment was made from, so it is made anew when that changes, and only then
STAMP := .venv/installed-$(shell cat $(LOCK) requirements/node.txt pyproject.toml deploy/install.sh exchange/web/package-lock.json | cksum | tr -d " ")
UV ?= .venv/bin/uv
UPGRADE ?=

install: $(STAMP)

$(STAMP):
	deploy/install.sh $(LOCK)
	touch $@

run: install
	.venv/bin/yizhan-county demo

lint: install
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# files in their order, so that the long ones (e2e) come before the short
test: install
	$(MAKE) --no-print-directory --jobs=2 --output-sync lint warm
	.venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# compiled once for the many short processes of the tests and for the workers, beside the linters, which use one processor
warm: install
	deploy/install-browser.sh
	.venv/bin/python -m compileall -q exchange archive keys schemas tests -x node_modules
	env --unset=PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest --collect-only --quiet > /dev/null || true  # the tests will say it

# every file in bench/ is one benchmark and prints its table; then one table of all budgets (bench/README.md)
bench: install
	.venv/bin/python bench

# Maintainers: pins what requirements/*.in ask for, for every platform, with digests and without any address.
# Once before: .venv/bin/pip install uv. To take newer releases: make lock UPGRADE=--upgrade
lock:
	for name in client server dev node; do \
	  $(UV) pip compile --quiet $(UPGRADE) --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	    requirements/$$name.in --output-file requirements/$$name.txt; \
	done

# pages that are written from tables of the program
docs: install
	.venv/bin/python -m schemas.problems_page > docs/problems.md
	.venv/bin/python -m exchange.openapi.table docs/api.md

# Maintainers: a stranger who knows only the description asks whatever it thinks of, for longer than the suite does
EXAMPLES ?= 200
explore: install
	PYTHONPATH=.:tests .venv/bin/python tests/explorer_maker.py --examples $(EXAMPLES)

# Maintainers: pictures of every page of the desk in every state, with what is wrong on it and what it weighs: INTO=folder, ONLY=words
INTO ?=
ONLY ?=
gallery: install
	PYTHONPATH=.:tests .venv/bin/python -m gallery --into $(or $(INTO),$(error INTO=folder says where the pictures go)) --only "$(ONLY)"

# The test set of the policy, a row a class (tests/policy/README.md): HALF=tuning|held-out, N=cases a class|full, CLASS=words
HALF ?= held-out
N ?=
CLASS ?=
policy-report: install
	PYTHONPATH=.:tests .venv/bin/python -m policy.report --half $(HALF) $(if $(N),--n $(N)) $(if $(CLASS),--classes "$(CLASS)")

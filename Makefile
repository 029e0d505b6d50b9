# Two commands: `make run` and `make test`. Both work on a bare machine and twice in a row.
#   MODEL=none   keeps `make run` from fetching weights of a language model
#   PORT=7860    where `make run` serves

PYTHON ?= python3
MODEL ?= auto
PORT ?= 7860
DATA ?= .data
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test chromium lock bundle clean

run: .venv/run.stamp
	BRONWIJZER_MODEL=$(MODEL) $(BIN)/bronwijzer sync seeds/documents
	BRONWIJZER_MODEL=$(MODEL) $(BIN)/bronwijzer serve --port $(PORT) $(if $(filter none,$(MODEL)),,--pull)

test: .venv/test.stamp chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

# The browser tests drive Debian's Chromium; without it they are skipped, and say so.
chromium:
	@if command -v chromium >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else echo "Chromium is missing, so the browser tests are skipped."; \
	  echo "To run them: sudo apt-get install chromium"; fi

# The lock has a hash for every file and names no registry; it is made with uv.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
	  -c requirements.lock --group build --group dev pyproject.toml -o requirements-dev.lock

.venv/run.stamp: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/test.stamp: requirements-dev.lock .venv/run.stamp
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@

# Everything that a machine without a network needs, in one file: docs/running.md.
bundle: .venv/run.stamp
	rm -rf dist/bundle && mkdir -p dist/bundle/wheels
	$(BIN)/python -m pip --disable-pip-version-check download --quiet --require-hashes \
	  --only-binary :all: -r requirements.lock -d dist/bundle/wheels
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation \
	  . -w dist/bundle/wheels
	cp requirements.lock LICENSE NOTICE README.md dist/bundle
	mkdir dist/bundle/docs && cp docs/*.md docs/*.png docs/*.service dist/bundle/docs
	if [ -d $(DATA)/models ]; then cp -r $(DATA)/models dist/bundle; fi
	tar cf dist/bundle.tar -C dist bundle
	rm -r dist/bundle

clean:
	rm -rf .venv .data

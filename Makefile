# `make demo` and `make test` do all set-up on a fresh machine: CPython 3.11 or newer, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := EMONET_HOME="$(CURDIR)/.emonet" $(BIN)/emonet

.PHONY: demo test check format coverage bench docs clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --upgrade pip
	@echo "Installing EmoNet and its dependencies into $(VENV): torch is large, this takes a minute or two."
	$(BIN)/python -m pip install -e '.[dev,video]'
	@touch $(READY)

demo: $(READY)
	$(DEMO) corpora fetch polish_speech_emotions
	$(DEMO) corpora prepare polish_speech_emotions
	$(DEMO) run examples/quickstart.yaml

test: $(READY)
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

# What continuous integration checks besides the tests.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

coverage: $(READY)
	$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered

# What of the documentation is made of code; a test compares each with what is there.
docs: $(READY)
	grep -v '^|' corpora/README.md > corpora/README.md.part
	EMONET_PLUGINS= $(BIN)/emonet corpora list --markdown >> corpora/README.md.part
	mv corpora/README.md.part corpora/README.md
	sed '/^## The recipe$$/,$$d' docs/reference/recipe.md > docs/reference/recipe.md.part
	$(BIN)/emonet recipe keys --markdown >> docs/reference/recipe.md.part
	mv docs/reference/recipe.md.part docs/reference/recipe.md
	EMONET_PLUGINS= $(BIN)/python docs/pictures/overview.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python benchmarks/coverage.py
	$(BIN)/python benchmarks/listing.py
	$(BIN)/python benchmarks/checking.py
	$(BIN)/python benchmarks/prepare.py
	$(BIN)/python benchmarks/resampling.py
	$(BIN)/python benchmarks/features.py
	$(BIN)/python benchmarks/logmel.py
	$(BIN)/python benchmarks/training_step.py

clean:
	rm -rf $(VENV) .emonet build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

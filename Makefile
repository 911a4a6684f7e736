# Two commands do all: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The CPU build where the registry has one under this version; a newer torch brings gigabytes of CUDA.
TORCH ?= torch==2.13.0
# Wanted by lpips; what it asks for itself would be another torch.
TORCHVISION ?= torchvision==0.28.0

.PHONY: demo test lint benchmark screenshots clean

$(VENV)/.installed: pyproject.toml Makefile
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed "$(TORCH)"
	$(BIN)/python -m pip install --quiet --no-deps "$(TORCHVISION)"
	$(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed --editable ".[host,train,test]"
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python -m Testing.demo

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest

benchmark: $(VENV)/.installed
	PYTHONPATH=.:Testing $(BIN)/python Testing/benchmarks.py

screenshots: $(VENV)/.installed
	PYTHONPATH=.:Testing $(BIN)/python Testing/screenshots.py

clean:
	rm -rf $(VENV) .demo output

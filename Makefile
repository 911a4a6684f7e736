# `make demo` and `make app` show what it does, `make test` checks it; each sets up what it needs, and no more.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The CPU build where the registry has one under this version; a newer torch brings gigabytes of CUDA.
TORCH ?= torch==2.13.0
# Wanted by lpips; what it asks for itself would be another torch.
TORCHVISION ?= torchvision==0.28.0

# What Slicer brings: Testing/slicer_packages.txt, in its Python where there is one of that version.
SLICER_PYTHON ?= $(shell python3.12 -c "" 2>/dev/null && echo python3.12 || echo $(PYTHON))
SLICER_VENV ?= $(HOME)/.cache/SketchNoduleSynth/slicer_packages
NEEDS_MORE = ^(from|import) (torch|training|(test_)?packaging)|^pytest_plugins.*"(standin|app)|^(slicer = )?pytest.importorskip
LIBRARY_TESTS = $(shell grep -LE '$(NEEDS_MORE)' Testing/test_*.py)
LIBRARY_TESTS_NEED = h5py hypothesis jsonschema opencv-python-headless pytest pytest-xdist scikit-learn
INSTALL = $(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed

.PHONY: demo app test test-slicer-packages test-in-slicer tools lint docs fuzz benchmark screenshots clean

# One environment that grows: the library; the browser's page on top; what trains and tests on top of that.
$(VENV)/.library: pyproject.toml Makefile
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/.app: $(VENV)/.library
	$(INSTALL) --editable ".[app]"
	touch $@

$(VENV)/.installed: $(VENV)/.app
	$(INSTALL) "$(TORCH)"
	$(INSTALL) --no-deps "$(TORCHVISION)"
	$(INSTALL) --editable ".[app,train,test]"
	touch $@

demo: $(VENV)/.library
	$(BIN)/python -m Testing.demo

app: $(VENV)/.app
	$(BIN)/python -m SketchNoduleSynthLib app

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A browser and the DICOM tools of others, where this may install them; their tests are skipped without.
tools:
	@(for tool in chromium dciodvfy dcmdump; do command -v $$tool || exit 1; done) >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends chromium dicom3tools dcmtk >/dev/null; } || true

# A file's tests share what they make: a file goes to one process. One that died is not started again, as pytest-xdist
# then waits for ever (its issue 1323). With one arena of memory for all its threads a process holds a sixth less of it.
test: lint tools
	MALLOC_ARENA_MAX=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --max-worker-restart 0

$(SLICER_VENV)/.installed: pyproject.toml Makefile Testing/slicer_packages.txt
	$(SLICER_PYTHON) -m venv $(SLICER_VENV)
	$(SLICER_VENV)/bin/python -m pip install --quiet --constraint Testing/slicer_packages.txt \
	  --requirement Testing/slicer_packages.txt ".[cases]" $(LIBRARY_TESTS_NEED)
	touch $@

# The library's tests, with the very packages of Slicer: those that no host, no torch and no training is needed for.
test-slicer-packages: $(SLICER_VENV)/.installed
	$(SLICER_VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile $(LIBRARY_TESTS)

# Broken input of every kind; SEED, COUNT and SECONDS as you like.
SEED ?= 0
COUNT ?= 10000
SECONDS ?= 1200
fuzz: $(VENV)/.installed
	PYTHONPATH=.:Testing $(BIN)/python Testing/fuzz.py --seed $(SEED) --count $(COUNT) --seconds $(SECONDS)

# In desktop Slicer, whose executable SLICER names: without one it is skipped.
test-in-slicer:
	$(PYTHON) -m Testing.in_slicer "$(SLICER)" output/in_slicer

benchmark: $(VENV)/.installed
	PYTHONPATH=.:Testing $(BIN)/python Testing/benchmarks.py

screenshots: $(VENV)/.installed
	PYTHONPATH=.:Testing $(BIN)/python Testing/screenshots.py

# The handbook as pages, in an environment of its own: nothing of torch is needed. CHECK=linkcheck asks for every link.
CHECK ?= html
docs: $(VENV)-docs/.installed
	$(VENV)-docs/bin/sphinx-build --fail-on-warning --keep-going --quiet -b $(CHECK) docs output/docs
	@echo "The handbook: output/docs/index.html"

$(VENV)-docs/.installed: docs/requirements.txt
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/python -m pip install --quiet --requirement docs/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-docs .demo output

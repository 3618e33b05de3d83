# `make build`, `make demo` and `make test` do all their own set-up; a second run of each is quick.
# Needed beforehand: Rust, Python 3.10 or newer with venv, Node 20 or newer, a C compiler.

PYTHON ?= python3
STAMPS := target/stamps
CORE := $(shell find core/src core/Cargo.toml Cargo.toml Cargo.lock -type f)

# What proves the work quickly, and what `make test-all` adds. A stage called test-... reports rows of its own; see tests/stages.py.
QUICK := rust-test limits-test js-test python-test program-test packed-test docs-test
THOROUGH := test-wheels test-crates test-bundlers test-airflow

.PHONY: build demo bench test $(QUICK) test-all $(THOROUGH) clean

build: npm/dist/index.js $(STAMPS)/python

demo: build
	@printf '\n== Rust ==\n' && cargo run --quiet --package astro-tokens --example demo
	@printf '\n== JavaScript ==\n' && node npm/examples/demo.mjs
	@printf '\n== Python ==\n' && .venv/bin/python python/examples/demo.py
	@printf '\n== The command lines of the documents, in Rust ==\n' && cargo run --quiet --package astro-tokens --features cli --example commands
	@printf '\n== ... in JavaScript ==\n' && node npm/examples/commands.mjs
	@printf '\n== ... in Python ==\n' && .venv/bin/python python/examples/commands.py
	@printf '\n== The life of a token, on the sandbox, in Rust ==\n' && cargo run --quiet --package astro-tokens --features sandbox --example life
	@printf '\n== ... in JavaScript ==\n' && node npm/examples/life.mjs
	@printf '\n== ... in Python ==\n' && .venv/bin/python python/examples/life.py
	@printf '\n== ... in the shell ==\n' && python/examples/life.sh .venv/bin/astro-tokens

# One table of what is measured against what users would pick instead; the peers are installed for this alone.
BENCH := target/bench
bench: build $(BENCH)/venv/stamp npm/bench/node_modules/.package-lock.json
	@$(PYTHON) python/bench/inputs.py
	cargo build --quiet --release --manifest-path core/benches/Cargo.toml --target-dir $(BENCH)/rust
	$(BENCH)/rust/release/astro-tokens-bench >$(BENCH)/rust.json
	node npm/bench/main.mjs >$(BENCH)/javascript.json
	PYTHONPATH=python $(BENCH)/venv/bin/python python/bench/main.py >$(BENCH)/python.json
	node --expose-gc npm/bench/growth.mjs >$(BENCH)/growth.javascript.json
	PYTHONPATH=python $(BENCH)/venv/bin/python python/bench/growth.py >$(BENCH)/growth.python.json
	@$(PYTHON) python/bench/table.py --write

test: $(QUICK)
	@echo 'All tests passed.'

# All that needs more than the quick proof, too: what is published, bundlers, browsers, other runtimes, Airflow. One table says what ran.
test-all:
	@MAKE='$(MAKE)' $(PYTHON) tests/stages.py build $(QUICK) $(THOROUGH)

rust-test:
	cargo fmt --check
	cargo clippy --quiet --workspace --all-targets --all-features -- --deny warnings
	cargo test --quiet --all-features
	RUSTDOCFLAGS='--deny warnings' cargo doc --quiet --no-deps --all-features

limits-test: npm/wasm/core_bg.wasm
	tests/limits/check.sh

js-test: npm/dist/index.js
	cd npm && npm run --silent types
	@mkdir -p target && cd npm && npm test >../target/npm-test.log 2>&1 || { cat ../target/npm-test.log; exit 1; }
	@grep '^# [pf]' target/npm-test.log

python-test: $(STAMPS)/python
	.venv/bin/python -m mypy --strict --exclude '/airflow/' python/astro_tokens python/tests/typing_ok.py python/examples
	.venv/bin/python -m mypy.stubtest astro_tokens --mypy-config-file python/pyproject.toml --allowlist python/tests/stubtest_allowlist.txt
	.venv/bin/python -m pytest --quiet python/tests

program-test: build
	.venv/bin/python tests/program/compare.py

packed-test: build
	tests/packed/node.sh
	tests/packed/python.sh .venv/bin/python

docs-test: build
	.venv/bin/python tests/docs/problems.py
	.venv/bin/python tests/docs/pages.py

test-wheels: $(STAMPS)/packing $(STAMPS)/bundlers
	target/packing/bin/python tests/packed/wheels.py tests/bundlers

test-crates:
	$(PYTHON) tests/packed/crates.py

test-bundlers: npm/dist/index.js $(STAMPS)/bundlers
	tests/bundlers/run.sh

test-airflow: $(STAMPS)/airflow $(STAMPS)/venv
	tests/airflow/run.sh .venv/bin/python target/airflow/bin/python

clean:
	rm -rf target .venv npm/node_modules npm/bench/node_modules npm/dist npm/wasm tests/bundlers/node_modules

# ---- set-up -----------------------------------------------------------------------------------------------------------

$(STAMPS)/node_modules: npm/package.json npm/package-lock.json
	cd npm && npm ci
	@mkdir -p $(@D) && touch $@

# Nothing of these packages has to be made by a script of theirs.
$(STAMPS)/bundlers: tests/bundlers/package.json tests/bundlers/package-lock.json
	cd tests/bundlers && npm ci --ignore-scripts
	@mkdir -p $(@D) && touch $@

npm/wasm/core_bg.wasm: $(STAMPS)/node_modules $(CORE) $(shell find bindings/wasm -type f)
	bindings/wasm/build.sh
	@touch $@

npm/dist/index.js: npm/wasm/core_bg.wasm npm/build.mjs $(shell find npm/src -type f)
	cd npm && node build.mjs
	@touch $@

$(BENCH)/venv/stamp: python/bench/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --requirement $<
	@touch $@

npm/bench/node_modules/.package-lock.json: npm/bench/package-lock.json
	cd npm/bench && npm ci
	@touch $@

$(STAMPS)/venv: python/requirements-dev.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --requirement python/requirements-dev.txt
	@mkdir -p $(@D) && touch $@

$(STAMPS)/packing: tests/packed/requirements.txt python/requirements-dev.txt
	$(PYTHON) -m venv target/packing
	target/packing/bin/python -m pip install --quiet --requirement $<
	@mkdir -p $(@D) && touch $@

$(STAMPS)/airflow: tests/airflow/requirements.txt
	$(PYTHON) -m venv target/airflow
	target/airflow/bin/python -m pip install --quiet --requirement $<
	@mkdir -p $(@D) && touch $@

$(STAMPS)/python: $(STAMPS)/venv $(CORE) $(shell find bindings/python python/pyproject.toml -type f)
	. .venv/bin/activate && cd python && maturin develop --quiet --release
	@mkdir -p $(@D) && touch $@

# What a person types; CMakePresets.json has the builds themselves. Every target installs what it needs (scripts/deps).
PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc)

.PHONY: all build demo test test-fast asan tsan fuzz bench install uninstall clean format docs help

all: build

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

build: ## Build the release into build/release
	@scripts/deps build
	@scripts/configure release -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@cmake --build build/release -j $(JOBS)

demo: build ## Build, start the embedded target and show discover, list, id-ctrl, smart-log against it
	@scripts/demo build/release/nvmectl

test: ## Build and run every test, those on a real kernel in a VM included
	@scripts/deps test
	@scripts/configure dev
	@cmake --build build/dev -j $(JOBS)
	@scripts/run-tests

test-fast: ## The tests without the VM and without sanitizers
	@scripts/deps test
	@scripts/configure dev
	@cmake --build build/dev -j $(JOBS)
	@ctest --test-dir build/dev --output-on-failure -j $(JOBS) -LE vm

asan tsan: ## The suite without the VM under sanitizers
	@scripts/deps test
	@scripts/configure $@
	@cmake --build build/$@ -j $(JOBS)
	@ctest --test-dir build/$@ --output-on-failure -j $(JOBS) -LE 'vm|docs'

fuzz: ## Run every fuzz target for FUZZ_SECONDS (60) each
	@scripts/deps fuzz
	@scripts/configure fuzz
	@cmake --build build/fuzz -j $(JOBS) --target fuzz_targets
	@tests/fuzz/run build/fuzz $${FUZZ_SECONDS:-60}

bench: build ## Measure, against the peers where there are any
	@scripts/deps bench
	@tests/bench/run build/release/nvmectl

install: build ## Install below DESTDIR/PREFIX (/usr/local)
	@DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX)

uninstall: ## Remove what install put there
	@xargs -I{} rm -f "$(DESTDIR){}" < build/release/install_manifest.txt

format: ## clang-format all sources
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

clean: ## Remove all builds
	@rm -rf build

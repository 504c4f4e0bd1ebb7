# What a user runs. Each target sets up what it needs, says what it does, and
# skips what is there already.

.PHONY: help build demo test check fresh test-windows test-mssql lint bench torture fuzz windows dist clean

help:
	@echo "make demo     build, start the simulator, send from C, show the history"
	@echo "make test     every test, with real databases and hosts; a table at the end"
	@echo "make check    make lint and make test, side by side, as CI runs them"
	@echo "make fresh    make demo and make test in a bare Debian that it makes: what does setting up forget?"
	@echo "make windows  the Windows DLLs, 64 and 32 bits, checked"
	@echo "make test-windows  every test of the DLLs, under Wine"
	@echo "make test-mssql  the store and the kill tests on the SQL Server that WA_TEST_MSSQL names"
	@echo "make lint     format, clippy, licences, advisories"
	@echo "make bench    a table of ratios beside other ways to send"
	@echo "make torture  the long kill and soak runs, and the mutants"
	@echo "make fuzz     the fuzz targets, ten minutes each"
	@echo "make dist     what packagers ship, in dist/"

# The library and the simulator, as they are shipped.
build:
	@echo "building the library and the simulator"
	@cargo build --release --quiet -p wa-connector
	@cargo build --release --quiet -p wa-simulator

demo:
	@tests/setup.sh demo
	@$(MAKE) --no-print-directory build
	@tests/demo.sh

# ONLY="rust,c plain": these suites.
test:
	@tests/setup.sh test
	@tests/setup.sh windows || echo "the suites for Windows will be skipped"
	@$(MAKE) --no-print-directory build
	@tests/all.py $(if $(ONLY),--only "$(ONLY)")

check:
	@tests/setup.sh test lint
	@tests/setup.sh windows || echo "the suites for Windows will be skipped"
	@$(MAKE) --no-print-directory build
	@tests/all.py --lint

# PARTS="user demo": these parts; FRESH_SUITES="rust,c++": of make test these suites.
fresh:
	@tests/fresh.sh $(PARTS)

windows:
	@tests/setup.sh windows
	@tests/windows/build.sh x64 x86
	@tests/windows/check.py x64
	@tests/windows/check.py x86

test-windows: windows
	@tests/setup.sh test
	@tests/setup.sh windows32 || echo "the 32-bit DLL will not be run"
	@$(MAKE) --no-print-directory build
	@tests/all.py --windows

# WA_TEST_MSSQL: a connection string; docs/building.md says what the login may do.
test-mssql:
	@[ -n "$${WA_TEST_MSSQL:-}" ] || { echo "WA_TEST_MSSQL is not set: docs/building.md, A SQL Server for the tests"; exit 2; }
	@tests/setup.sh test
	@$(MAKE) --no-print-directory build
	@tests/all.py --mssql

lint:
	@tests/lint.sh

bench:
	@tests/setup.sh bench
	@$(MAKE) --no-print-directory build
	@tests/bench/run.sh

torture:
	@tests/setup.sh test
	@$(MAKE) --no-print-directory build
	@tests/torture.sh

fuzz:
	@tests/setup.sh test
	@WA_FUZZ_AT_ONCE=1 tests/fuzz/run.sh 600

dist:
	@tests/setup.sh dist
	@tests/dist.sh
	@$(MAKE) --no-print-directory windows
	@tests/windows/dist.py

clean:
	@tests/postgres.sh stop 2>/dev/null || true
	rm -rf target dist .setup

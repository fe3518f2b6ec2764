# The commands that always work. Everything else is Meson: see docs/HACKING.md.
.PHONY: run check build bench bench-cassandra format clean torture
BUILD ?= build

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/install-packages build
	@meson setup $(BUILD) >$(BUILD).log 2>&1 || { tail -20 $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

run:
	@tools/install-packages build
	@$(MAKE) --no-print-directory build
	@tools/run-demo $(BUILD)

check:
	@tools/install-packages build test
	@$(MAKE) --no-print-directory build
	@tools/run-tests $(BUILD)

torture:
	@tools/install-packages build test torture
	@$(MAKE) --no-print-directory build
	@tools/torture $(BUILD)

bench:
	@tools/install-packages build bench
	@$(MAKE) --no-print-directory build
	@bench/run $(BUILD)

bench-cassandra:
	@tools/install-packages build
	@$(MAKE) --no-print-directory build
	@bench/cassandra $(BUILD)

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	@rm -rf $(BUILD)

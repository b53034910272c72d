# One word for each thing to do; how it is done stands in meson.build and
# tools/. make, make test and make demo each need nothing but a Debian with
# git, make and ca-certificates: they install what is missing, and say so.

BUILD = build
PREFIX = /usr/local
LIBDIR = lib
DESTDIR =
# For make fuzz: how many seconds each target runs, or how many inputs it gets.
TIME = 30
RUNS =

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@tools/need build
	@meson setup $(BUILD) --prefix=$(PREFIX) --libdir=$(LIBDIR) \
		>$(BUILD).log 2>&1 || \
		{ cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

# What was set up before the tests' packages came has to look for them again.
test:
	@tools/need build test
	@[ ! -f $(BUILD)/build.ninja ] || \
		meson setup --reconfigure $(BUILD) >$(BUILD).log 2>&1 || \
		{ cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@$(MAKE) --no-print-directory all
	@meson test -C $(BUILD) --no-rebuild --print-errorlogs

demo:
	@tools/need build demo
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet apps/cli/keyfit
	@tools/demo $(BUILD)/apps/cli/keyfit

install: all
	@meson configure $(BUILD) -Dprefix=$(PREFIX) -Dlibdir=$(LIBDIR)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)
	@[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || :

bench: all
	@[ -x bench/run ] || { echo "bench: there is no bench/run"; exit 1; }
	@bench/run $(BUILD)

attacks:
	@tools/need build test
	@$(MAKE) --no-print-directory all
	@tools/attacks $(BUILD)

fuzz:
	@tools/need build fuzz
	@TIME=$(TIME) RUNS=$(RUNS) tools/fuzz

coverage:
	@tools/need build test
	@tools/coverage

clean:
	rm -rf $(BUILD) build-fuzz build-coverage

.PHONY: all test demo install bench attacks fuzz coverage clean

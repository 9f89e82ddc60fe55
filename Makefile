# lambda-warmd: `make help` lists the targets.
VERSION    := 0.1.0
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
SYSCONFDIR ?= /etc
# systemd and journalctl look below /usr and /usr/local only, and in /etc for units.
UNITDIR    ?= $(if $(filter /usr /usr/local,$(PREFIX)),$(PREFIX)/lib,/etc)/systemd/system
CATALOGDIR ?= $(if $(filter /usr,$(PREFIX)),/usr,/usr/local)/lib/systemd/catalog
MANDIR     ?= $(PREFIX)/share/man
# Where bash-completion looks, and zsh: in /usr, site-functions is the administrator's.
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
DOCDIR     ?= $(PREFIX)/share/doc/lambda-warmd
INSTALL    ?= install
PKG_CONFIG ?= pkg-config
CC         ?= cc
SAN        ?=
space      := $(subst ,, )
comma      := ,
define newline


endef
BUILD      ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

PACKAGES     := libcurl libconfig libsystemd openssl jansson libnghttp2
SIM_PACKAGES := openssl jansson libnghttp2

WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
            -Wpointer-arith -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection
ZERO     := -ftrivial-auto-var-init=zero
HARDEN   += $(shell $(CC) $(ZERO) -fsyntax-only -xc /dev/null 2>/dev/null && echo $(ZERO)) # not in clang 14
HARDEN   += $(if $(filter x86_64,$(shell uname -m)),-fcf-protection=full)
HARDEN   += $(if $(filter aarch64,$(shell uname -m)),-mbranch-protection=standard)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
CFLAGS   ?= -O2 -g
override CFLAGS   += -std=c17 $(WARNINGS) $(HARDEN) -pthread $(SANITIZE)
override CPPFLAGS += -D_GNU_SOURCE -DWARMD_VERSION='"$(VERSION)"' -DWARMD_SYSCONFDIR='"$(SYSCONFDIR)"' -Idaemon \
                     $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
override LDFLAGS  += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE)

# Looked up once, and only if something is compiled, so that `make help`, `make deps-build` and `make clean` work on a bare machine.
LIBS      = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lm
SIM_LIBS  = $(shell $(PKG_CONFIG) --libs $(SIM_PACKAGES)) -lhttp_parser
LIB_FLAGS = $(shell $(PKG_CONFIG) --cflags $(PACKAGES))

DAEMON_SRC := $(sort $(wildcard daemon/*/*.c daemon/*/*/*.c))
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(BUILD)/%.o)
SIM_TEST_SRC := $(sort $(wildcard tests/sim/test_*.c))
SIM_TEST_BIN := $(SIM_TEST_SRC:%.c=$(BUILD)/%)
SIM_OBJ    := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(SIM_TEST_SRC),$(sort $(wildcard tests/sim/*.c))))
UNIT_SRC   := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_BIN   := $(UNIT_SRC:%.c=$(BUILD)/%)
UNIT_HELP  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/unit/*.c)))
LEARN_TEST_SRC := $(sort $(wildcard tests/learning/test_*.c))
LEARN_TEST_BIN := $(LEARN_TEST_SRC:%.c=$(BUILD)/%)
LEARN_OBJ  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(LEARN_TEST_SRC),$(sort $(wildcard tests/learning/*.c))))
REPORT_BIN := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/report/*.c))
PRELOAD    := $(patsubst tests/faults/%.c,$(BUILD)/tests/%.so,$(wildcard tests/faults/preload.c))
BENCH_BIN  := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(sort $(wildcard tests/bench/*.c)))

# make V=1 shows the commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2) && )
.SECONDARY:

.PHONY: all
all: $(BUILD)/lambda-warmd $(BUILD)/lambda-sim ## build the daemon and the simulator (default)

# One clear error instead of a page of compiler output.
missing = { echo "make: $(1) is missing. Install what is needed with: make $(or $(2),deps-build)" >&2; exit 1; }
$(BUILD)/.packages: Makefile
	@command -v $(firstword $(CC)) >/dev/null || $(call missing,the compiler ($(CC)))
	@command -v $(firstword $(PKG_CONFIG)) >/dev/null || $(call missing,$(PKG_CONFIG))
	@for p in $(sort $(PACKAGES) $(SIM_PACKAGES)); do $(PKG_CONFIG) --exists $$p 2>/dev/null || $(call missing,the -dev package of $$p); done
	@echo '#include <http_parser.h>' | $(CC) -E -xc - >/dev/null 2>&1 || $(call missing,the -dev package of http-parser)
	@mkdir -p $(@D) && touch $@

$(BUILD)/.test-packages: Makefile
	@$(PKG_CONFIG) --exists cmocka 2>/dev/null || $(call missing,the -dev package of cmocka,deps)
	@mkdir -p $(@D) && touch $@
$(UNIT_SRC:%.c=$(BUILD)/%.o) $(UNIT_HELP) $(LEARN_TEST_SRC:%.c=$(BUILD)/%.o): | $(BUILD)/.test-packages

# Settings that are compiled in: after `make install SYSCONFDIR=/elsewhere`, the sources that have them are compiled again.
$(BUILD)/.settings: always
	@mkdir -p $(@D) && echo '$(VERSION) $(SYSCONFDIR)' | cmp -s - $@ || echo '$(VERSION) $(SYSCONFDIR)' >$@
.PHONY: always
$(patsubst %.c,$(BUILD)/%.o,$(shell grep -lE 'WARMD_(VERSION|SYSCONFDIR)' daemon/*.c $(DAEMON_SRC))): $(BUILD)/.settings

# The assembler reads what the report's page is made of.
$(BUILD)/daemon/report/page_assets.o: $(wildcard daemon/report/page/*)

# Everything but main.o, for the daemon and for tests.
$(BUILD)/libwarmd.a: $(DAEMON_OBJ)
	$(call say,ar,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/lambda-warmd: $(BUILD)/daemon/main.o $(BUILD)/libwarmd.a
	$(call say,link,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/lambda-sim: $(SIM_OBJ)
	$(call say,link,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SIM_LIBS)

$(BUILD)/tests/sim/test_%: $(BUILD)/tests/sim/test_%.o $(filter-out %/main.o,$(SIM_OBJ))
	$(call say,link,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SIM_LIBS) -lcmocka

$(UNIT_BIN): $(BUILD)/%: $(BUILD)/%.o $(UNIT_HELP) $(BUILD)/libwarmd.a
	$(call say,link,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/tests/learning/test_%: $(BUILD)/tests/learning/test_%.o $(LEARN_OBJ) $(BUILD)/libwarmd.a
	$(call say,link,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(REPORT_BIN): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libwarmd.a
	$(call say,link,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Programs of one file each.
$(BUILD)/tests/bench/%: tests/bench/%.c Makefile | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) $(CPPFLAGS) $(LIB_FLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LIBS)

# Loaded into the daemon by tests to make calls fail. No sanitizer in it: their runtime must come first.
$(BUILD)/tests/preload.so: tests/faults/preload.c Makefile
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) -D_GNU_SOURCE -std=c17 $(WARNINGS) -O2 -g -fPIC -shared -o $@ $< -ldl

$(BUILD)/%.o: %.c Makefile | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) $(CPPFLAGS) $(LIB_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/daemon $(BUILD)/tests -name '*.d' 2>/dev/null)

# One job a core, unless told otherwise.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: deps-build deps deps-all
deps-build: ## install what is missing to build and for the demo (apt-get)
	@./tests/deps.sh build
deps: ## install what is missing to build and for check
	@./tests/deps.sh check
deps-all: ## install what check-full, lint and bench need: about 1 GB
	@./tests/deps.sh all
	@./tests/bench/deps.sh

.PHONY: demo
demo: ## run the daemon against lambda-sim for three rounds
	@./tests/deps.sh --quiet build
	@$(MAKE) --no-print-directory $(JOBS) all
	@./tests/demo.sh $(BUILD)

TEST_BIN := $(UNIT_BIN) $(SIM_TEST_BIN) $(LEARN_TEST_BIN)
# The slow ones, which need root or a network, belong to check-full.
BATS     := $(filter-out tests/system/%,$(sort $(wildcard tests/*.bats tests/*/*.bats)))
RUN      := WARMD_BUILD='$(abspath $(BUILD))' WARMD_SAN='$(SAN)' ./tests/run

.PHONY: bench-programs
bench-programs: all $(BENCH_BIN)

.PHONY: bench
bench: ## measure skew and cost beside other tools (QUICK=1: roughly)
	@./tests/deps.sh --quiet build
	@./tests/bench/deps.sh
	@$(MAKE) --no-print-directory $(JOBS) bench-programs
	@python3 -B tests/bench/bench.py $(if $(QUICK),--quick $(BUILD) $(BUILD)/benchmarks.md,$(BUILD) docs/benchmarks.md)
	@python3 -B tests/bench/http1.py $(if $(QUICK),--quick) $(BUILD)

.PHONY: bench-many
bench-many: ## measure what 10,000 endpoints take of CPU, time and memory
	@./tests/deps.sh --quiet build
	@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/bench/many.py $(BUILD)

.PHONY: bench-report
bench-report: ## measure what a report on a month takes (2 minutes, 700 MB)
	@./tests/deps.sh --quiet check
	@$(MAKE) --no-print-directory $(JOBS) all
	@python3 -B tests/bench/month.py $(BUILD)

.PHONY: learning
learning: $(BUILD)/tests/learning/test_learning ## simulate months of learning; writes docs/learning.md
	@mkdir -p docs/learning && $< --write docs

.PHONY: picture
picture: $(BUILD)/lambda-warmd ## draw docs/rooms.svg and docs/report.svg
	@python3 -B docs/make-rooms-svg.py >$(BUILD)/rooms.svg && mv $(BUILD)/rooms.svg docs/rooms.svg
	@python3 -B docs/make-report-svg.py $(BUILD)

.PHONY: test-programs
test-programs: all $(TEST_BIN) $(PRELOAD) $(REPORT_BIN)

.PHONY: list-test-programs
list-test-programs:
	@printf '%s\n' $(TEST_BIN)

.PHONY: check
check: ## build, and run all but the slow tests (8 minutes on 2 cores)
	@./tests/deps.sh --quiet check
	@echo "check: takes about 8 minutes on 2 cores, and lists at the end which tests it skipped and why"
	@echo "check: it leaves sanitizers, valgrind, clang, a real systemd and Debian 13 to check-full"
	@$(MAKE) --no-print-directory $(JOBS) test-programs
	@$(RUN) $(TEST_BIN) $(BATS)

.PHONY: quickcheck
quickcheck: $(UNIT_BIN) ## run the unit tests only, in seconds
	@$(RUN) $(UNIT_BIN)

.PHONY: check-full
check-full: ## check, sanitizers, valgrind, clang, systemd, Debian 13
	@./tests/deps.sh --quiet all
	@BUILD='$(abspath $(BUILD))' BATS='$(BATS)' ./tests/full.sh

.PHONY: lint
lint: ## format, static analysis, the rooms' rules, -Werror twice
	@./tests/deps.sh --quiet lint
	@BUILD='$(BUILD)' ./tests/lint/all.sh

.PHONY: format
format: ## format the C sources
	@clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

CONFDIR   := $(DESTDIR)$(SYSCONFDIR)/lambda-warmd
UNIT      := $(DESTDIR)$(UNITDIR)/lambda-warmd.service
CATALOG   := $(DESTDIR)$(CATALOGDIR)/lambda-warmd.catalog
BASHCOMP  := $(DESTDIR)$(BASHCOMPDIR)/lambda-warmd
ZSHCOMP   := $(DESTDIR)$(ZSHCOMPDIR)/_lambda-warmd
# They keep their places relative to each other, so that their links work.
MAN_PAGES := $(wildcard docs/man/*.[1-9])
DOCS      := README.md CHANGELOG.md LICENSE conf/lambda-warmd.conf $(MAN_PAGES) $(wildcard conf/examples/*.conf docs/*.md docs/*.yml docs/*.json docs/*.svg \
               docs/learning/*.svg docs/handlers/*.* docs/handlers/*/*.*)

.PHONY: install
install: $(BUILD)/lambda-warmd ## install (DESTDIR, PREFIX, SYSCONFDIR, …), enable nothing
	$(INSTALL) -D -m 755 $< $(DESTDIR)$(BINDIR)/lambda-warmd
	$(INSTALL) -d -m 755 $(CONFDIR) $(CONFDIR)/conf.d $(dir $(UNIT))
	@if [ -e $(CONFDIR)/lambda-warmd.conf ]; then echo "kept: $(CONFDIR)/lambda-warmd.conf"; \
	  else set -x; $(INSTALL) -m 644 conf/lambda-warmd.conf $(CONFDIR)/lambda-warmd.conf; fi
	sed 's|@BINDIR@|$(BINDIR)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g; s|@DOCDIR@|$(DOCDIR)|g' systemd/lambda-warmd.service >$(UNIT)
	chmod 644 $(UNIT)
	$(INSTALL) -D -m 644 systemd/lambda-warmd.catalog $(CATALOG)
	$(INSTALL) -D -m 644 completions/lambda-warmd.bash $(BASHCOMP)
	$(INSTALL) -D -m 644 completions/_lambda-warmd $(ZSHCOMP)
	$(foreach doc,$(DOCS),$(INSTALL) -D -m 644 $(doc) $(DESTDIR)$(DOCDIR)/$(doc)$(newline))
	ln -sfn conf/examples $(DESTDIR)$(DOCDIR)/examples
	$(foreach page,$(MAN_PAGES),$(INSTALL) -D -m 644 -t $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page))) $(page)$(newline))
	@[ -n "$(DESTDIR)" ] || echo "Next: edit $(CONFDIR)/lambda-warmd.conf, then" \
	  "systemctl daemon-reload; journalctl --update-catalog; systemctl enable --now lambda-warmd"

# The unit that systemd knows by this name is the one that is installed from here.
ours = [ "$$(systemctl show --property=FragmentPath --value lambda-warmd.service 2>/dev/null)" = "$(UNIT)" ]
.PHONY: uninstall
uninstall: ## disable the service, remove all but the configuration
	@[ -n "$(DESTDIR)" ] || ! $(ours) || systemctl disable --now lambda-warmd.service
	rm -f $(DESTDIR)$(BINDIR)/lambda-warmd $(UNIT) $(CATALOG) $(BASHCOMP) $(ZSHCOMP) $(foreach page,$(notdir $(MAN_PAGES)),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(page))
	rm -rf $(DESTDIR)$(DOCDIR)
	@[ -n "$(DESTDIR)" ] || ! $(ours) || systemctl daemon-reload
	@[ ! -e $(CONFDIR) ] || echo "left alone: $(CONFDIR)"
	@[ -n "$(DESTDIR)" ] || [ ! -e /var/lib/lambda-warmd ] || echo "left alone: /var/lib/lambda-warmd, what was learned and spent"

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: clean
clean: ## remove the build trees
	rm -rf build build-*

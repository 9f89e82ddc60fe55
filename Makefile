# lambda-warmd: `make help` lists the targets.
VERSION    := 0.1.0
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/lambda-warmd
INSTALL    ?= install
PKG_CONFIG ?= pkg-config
CC         ?= cc
SAN        ?=
space      := $(subst ,, )
comma      := ,
BUILD      ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))

PACKAGES     := libcurl libconfig libsystemd openssl jansson
SIM_PACKAGES := openssl jansson libnghttp2

WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
            -Wpointer-arith -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero
HARDEN   += $(if $(filter x86_64,$(shell uname -m)),-fcf-protection=full)
HARDEN   += $(if $(filter aarch64,$(shell uname -m)),-mbranch-protection=standard)
CFLAGS   ?= -O2 -g
override CFLAGS   += -std=c17 $(WARNINGS) $(HARDEN) -pthread $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
override CPPFLAGS += -D_GNU_SOURCE -DWARMD_VERSION='"$(VERSION)"' -DWARMD_SYSCONFDIR='"$(SYSCONFDIR)"' -Idaemon \
                     $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
override LDFLAGS  += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(if $(SAN),-fsanitize=$(SAN))

# Found once and only where something is compiled, so that `make help`, `make deps` and `make clean` work on a bare machine.
LIBS      = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -lm
SIM_LIBS  = $(shell $(PKG_CONFIG) --libs $(SIM_PACKAGES)) -lhttp_parser
LIB_FLAGS = $(shell $(PKG_CONFIG) --cflags $(PACKAGES))

DAEMON_SRC := $(sort $(wildcard daemon/*/*.c))
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(BUILD)/%.o)
SIM_OBJ    := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/sim/*.c)))
UNIT_SRC   := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN   := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/unit/%)
UNIT_HELP  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c))))
TOOL_BIN   := $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(sort $(wildcard tests/tools/*.c)))

.PHONY: all
all: $(BUILD)/lambda-warmd $(BUILD)/lambda-sim ## build the daemon and the simulator (default)

# One clear error instead of a page of compiler output.
$(BUILD)/.packages: Makefile
	@for p in $(sort $(PACKAGES) $(SIM_PACKAGES)); do $(PKG_CONFIG) --exists $$p 2>/dev/null || \
	  { echo "make: $$p is missing (its -dev package, or pkg-config itself). Install what is needed with: make deps" >&2; exit 1; }; done
	@mkdir -p $(@D) && touch $@

$(BUILD)/lambda-warmd: $(BUILD)/daemon/main.o $(DAEMON_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/lambda-sim: $(SIM_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SIM_LIBS)

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(UNIT_HELP) $(DAEMON_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/tests/tools/%: tests/tools/%.c Makefile | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(LIB_FLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBS)

$(BUILD)/%.o: %.c Makefile | $(BUILD)/.packages
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(LIB_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: clean
clean: ## remove the build trees
	rm -rf build build-*

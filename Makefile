# SPDX-License-Identifier: GPL-2.0-only
#
# Builds, installs and tests mwprof. "make help" lists the targets.
#
# Nothing is written outside of $(O): build/, or build/asan with ASAN=1, build/fuzz with FUZZ=1.
# Objects are made again when the compiler or its flags change ($(O)/flags), when a source or a
# header does (-MMD -MP), or the Makefile. Libraries come from scripts/packages.

VERSION := 0.1

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/mwprof
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

V ?= 0
ASAN ?= 0
FUZZ ?= 0
WERROR ?= 0
DEBUG ?= 0
FUZZ_SECONDS ?= 300

ifeq ($(FUZZ),1)
O ?= build/fuzz
CC = clang
else ifeq ($(ASAN),1)
O ?= build/asan
endif
O ?= build
export O V WERROR DEBUG

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

ifeq ($(V),1)
Q :=
say :=
else
Q := @
say = @printf '  %-7s %s\n' $(1) $(2:$(O)/%=%);
endif

# Goals that need no library: they must work on a machine that has none yet.
BARE_GOALS := help deps clean features test check demo format test-golden test-live test-expr bench \
	      test-unit test-fuzz test-asan test-fault fuzz uninstall
GOALS := $(or $(MAKECMDGOALS),all)

ifneq ($(filter-out $(BARE_GOALS),$(GOALS)),)
MISSING := $(shell scripts/features missing)
ifneq ($(MISSING),)
$(error mwprof cannot be built without $(MISSING): "make deps" installs what is missing)
endif
FOUND := $(shell scripts/features found)
LIB_CFLAGS := $(shell pkg-config --cflags $(FOUND))
LIBS := $(shell pkg-config --libs $(FOUND))
endif

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CFLAGS ?= -O2 -g
ifeq ($(DEBUG),1)
CFLAGS += -O0 -ggdb3
endif
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
SANITIZE := -fno-omit-frame-pointer -fno-sanitize-recover=all
ifeq ($(FUZZ),1)
MODE_CFLAGS := $(SANITIZE) -fsanitize=fuzzer-no-link,address,undefined
MODE_LDFLAGS := -fsanitize=address,undefined
else ifeq ($(ASAN),1)
MODE_CFLAGS := $(SANITIZE) -fsanitize=address,undefined
MODE_LDFLAGS := -fsanitize=address,undefined
endif

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) $(MODE_CFLAGS) $(LIB_CFLAGS) \
	     -DMWPROF_VERSION=\"$(VERSION)\" -I. -Iinclude
ALL_LDFLAGS = $(LDFLAGS) $(MODE_LDFLAGS) -Wl,--as-needed
compile = $(CC) $(ALL_CFLAGS) -MMD -MP

SOURCES := $(filter-out core/main.c,$(wildcard core/*.c expr/*.c profilers/*.c))
OBJECTS := $(SOURCES:%.c=$(O)/%.o)
LIBRARY := $(O)/libmwprof.a
PROGRAM := $(O)/mwprof

programs = $(patsubst %.c,$(O)/%,$(wildcard $(1)))
UNIT := $(call programs,tests/unit/*.c)
FUZZERS := $(call programs,tests/fuzz/fuzz_*.c)
STIMULI := $(call programs,tests/stimulus/*.c)
FAULT := $(patsubst %.c,$(O)/%.so,$(wildcard tests/fault/*.c))

PROFILERS := $(patsubst docs/%.md,%,$(filter $(patsubst profilers/%.c,docs/%.md,\
	     $(wildcard profilers/*.c)),$(wildcard docs/*.md)))
MAN1 := $(patsubst README.md,$(O)/man/mwprof.1,$(wildcard README.md)) \
	$(PROFILERS:%=$(O)/man/mwprof-%.1)

.DELETE_ON_ERROR:
.PHONY: all
all: $(PROGRAM) man ## the program and its man pages (the default)

$(PROGRAM): $(O)/core/main.o $(LIBRARY)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Made anew each time: an archive keeps members whose source is gone.
$(LIBRARY): $(OBJECTS) $(O)/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(OBJECTS)

$(O)/%.o: %.c $(O)/flags Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(compile) -c -o $@ $<

# The system calls of the machine that this is built for, as its C library numbers them.
$(O)/core/syscall.o: $(O)/gen/core/syscall_table.h
$(O)/core/syscall.o: CFLAGS += -I$(O)/gen
$(O)/gen/core/syscall_table.h: Makefile $(O)/flags
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)echo '#include <sys/syscall.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/\t[\2] = "\1",/p' | sort >$@

# Touched only when what they hold changes: the compiler and its flags, the list of objects.
FLAGS_TEXT = $(shell $(CC) --version 2>/dev/null | head -n 1) $(compile) $(ALL_LDFLAGS) $(LIBS)
changed = echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@

$(O)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)[ -e $@ ] || [ $(ASAN)$(FUZZ) != 00 ] || scripts/features table
	$(Q)$(call changed,$(FLAGS_TEXT))

$(O)/objects: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)$(call changed,$(OBJECTS))

FORCE:

.PHONY: features
features: ## which libraries are here, and what is lost without the others
	$(Q)scripts/features table

.PHONY: deps
deps: ## install the distribution's packages that are missing (sudo only if needed)
	$(Q)scripts/deps

# ---- test programs ----------------------------------------------------------------------------

$(UNIT): $(O)/%: $(O)/%.o $(LIBRARY)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

$(FUZZERS): $(O)/%: $(O)/%.o $(LIBRARY)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# Stimuli print the truth that mwprof is measured by: they share no code with it, and no sanitizer,
# whose own allocations would be counted.
$(STIMULI) $(STIMULI:%=%.o): MODE_CFLAGS :=
$(STIMULI) $(STIMULI:%=%.o): MODE_LDFLAGS :=
$(STIMULI): $(O)/%: $(O)/%.o
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lpthread -lrt

$(FAULT): $(O)/%.so: %.c $(O)/flags Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(compile) -fPIC -shared -o $@ $< -ldl

.PHONY: unit-programs stimulus-programs fuzz-programs fault-programs
unit-programs: $(UNIT) ; @:
stimulus-programs: $(STIMULI) ; @:
fuzz-programs: $(FUZZERS) ; @:
fault-programs: $(FAULT) ; @:

# ---- tests: tests/run builds what each of them needs --------------------------------------------

.PHONY: test check test-unit test-golden test-expr test-live test-fuzz test-asan test-fault
test: ## install what is missing, build, run every test
	$(Q)scripts/deps
	$(Q)tests/run

check: ## the checks of the source: format, headers, includes, sizes, links
	$(Q)tests/run checks

test-unit: ## unit tests
	$(Q)tests/run unit

test-golden: ## every error text, word for word
	$(Q)tests/run golden

test-expr: ## random expressions against what a C compiler computes
	$(Q)tests/run expr

test-live: ## tests on the running kernel (root)
	$(Q)tests/run live

test-fuzz: ## each fuzz target for a few seconds
	$(Q)tests/run fuzz

test-asan: ## unit and live tests under the sanitizers
	$(Q)tests/run asan

test-fault: ## every allocation made to fail, in turn (root)
	$(Q)tests/run fault

.PHONY: fuzz bench demo
fuzz: ## each fuzz target for FUZZ_SECONDS (300)
	$(Q)FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

bench: ## what tracing costs on this machine (root)
	$(Q)$(MAKE) all stimulus-programs
	$(Q)MWPROF=$(abspath $(PROGRAM)) BUILD=$(abspath $(O)) tests/bench/run

demo: ## install what is missing, build, find a leak in the running kernel
	$(Q)scripts/deps --build
	$(Q)$(MAKE) all stimulus-programs
	$(Q)scripts/demo $(abspath $(O))

# ---- documents, installation ------------------------------------------------------------------

.PHONY: man
man: $(MAN1) ## man pages, from docs/

# OPTIONS come from the program, so that they cannot disagree with it.
$(O)/man/mwprof.1: README.md $(PROGRAM) scripts/md2man
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/md2man mwprof $(PROGRAM) <$< >$@

$(O)/man/mwprof-%.1: docs/%.md $(PROGRAM) scripts/md2man
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/md2man mwprof-$* $(PROGRAM) $* <$< >$@

.PHONY: install uninstall
install: all ## install to $(DESTDIR)$(PREFIX)
	$(Q)install -D -m 755 $(PROGRAM) $(DESTDIR)$(BINDIR)/mwprof
	$(Q)install -d $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(DOCDIR)
	$(Q)install -m 644 $(MAN1) $(DESTDIR)$(MANDIR)/man1
	$(Q)install -m 644 README.md LICENSE $(wildcard docs/*.md) $(DESTDIR)$(DOCDIR)
	$(Q)install -D -m 644 completion/mwprof.bash $(DESTDIR)$(COMPLETIONDIR)/mwprof

uninstall: ## remove what install has put there
	$(Q)rm -f $(DESTDIR)$(BINDIR)/mwprof $(DESTDIR)$(COMPLETIONDIR)/mwprof
	$(Q)rm -f $(DESTDIR)$(MANDIR)/man1/mwprof.1 $(DESTDIR)$(MANDIR)/man1/mwprof-*.1
	$(Q)rm -rf $(DESTDIR)$(DOCDIR)

.PHONY: format clean help
C_FILES = $(wildcard core/*.[ch] expr/*.[ch] include/mwprof/*.h profilers/*.[ch] tests/*/*.[ch])
format: ## clang-format on every C file
	$(Q)clang-format -i $(C_FILES)

clean: ## remove $(O)
	$(Q)rm -rf $(O)

help: ## this list
	@echo 'make [TARGET] [O=DIR] [CC=clang] [V=1] [ASAN=1] [WERROR=1] [DEBUG=1] [PREFIX=DIR DESTDIR=DIR]'
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | \
		awk -F '\t' '{ printf "  %-12s %s\n", $$1, $$2 }'

-include $(OBJECTS:.o=.d) $(O)/core/main.d $(FAULT:.so=.d)
-include $(addsuffix .d,$(UNIT) $(FUZZERS) $(STIMULI))

# SPDX-License-Identifier: MIT
#
# make run        install what is missing, build, measure, show the table        (start here)
# make test       install what is missing, build and run every test
# make test-lab   prove every declaration on emulated VT-x and SVM hosts, with two kernels; all checks (40 minutes)
# make test-planted  build KVM with a change planted in a handler, and find it (10 minutes)
# make fuzz       libFuzzer on every reader, 10 million executions each (FUZZ_RUNS=, FUZZ_ONLY=)
# make all        build the program only
# make report     RESULTS.md, its pictures and an HTML page, from what is recorded in datasets/
# make selfbench  exitlab's own overhead, as ratios against a bare reference in the same run
# make check-unit / check-kvm / check-asm / check-golden   one kind of test
# make check-races / check-valgrind   unit tests and those on /dev/kvm, under ThreadSanitizer and valgrind
# make install / uninstall   DESTDIR= PREFIX=/usr/local       make deb: a Debian package
# make lab-kernel  fetch the distribution's kernel for emulated hosts into the build folder
# make coverage   lines and branches that tests execute, by folder
# make clean / help
#
# O=dir build folder   V=1 show commands   CC=clang   WERROR=1   STATIC=1 one file for any machine
# SAN=address,undefined   EXTRA=dir more operations from outside of the tree

O      ?= build
V      ?= 0
SAN    ?=
WERROR ?= 0
STATIC ?= 0
EXTRA  ?=
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g

ifeq ($(V),0)
Q   = @
say = @printf '  %-8s %s\n' $(1) $(2);
else
Q   =
say =
endif

MAKEFLAGS += -rR --no-print-directory
SHELL     := /bin/bash
CC        := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
.DELETE_ON_ERROR:
.SECONDARY:

VERSION := 0.1.0

# ---- flags -----------------------------------------------------------------------------------

# KVM's structures end in arrays of any length, and stand in others all the same.
WARNINGS  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
             -Wundef -Wvla -Wno-missing-field-initializers \
             $(if $(findstring clang,$(CC)),-Wno-gnu-variable-sized-type-not-at-end) \
             $(if $(filter 1,$(WERROR)),-Werror)
HOST_FLAGS := -std=gnu11 -D_GNU_SOURCE -I. $(WARNINGS) -fno-strict-aliasing $(CFLAGS) \
              $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
              $(if $(filter 1,$(STATIC)),-fno-pie)
comma      := ,
LINK_FLAGS := $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN)) $(if $(filter 1,$(STATIC)),-static -Wl$(comma)--wrap=dlopen)
LIBS       := -ljansson -lcmark-gfm-extensions -lcmark-gfm -lpfm -lsqlite3 -ltraceevent -lcapstone -lz -ldl -lm -lpthread

# The payload has flags of its own: what is measured must not depend on how the host is built.
# GNU as assembles it for every compiler, so that the bytes are the same.
PAYLOAD_FLAGS := -std=gnu11 -O2 -ffreestanding -nostdlib -mno-red-zone -mgeneral-regs-only \
                 -fno-stack-protector -fcf-protection=none -fno-pic -fno-sanitize=all -fno-lto \
                 -fno-asynchronous-unwind-tables -fno-builtin -Wall -Wextra
ifneq ($(findstring clang,$(CC)),)
PAYLOAD_FLAGS += -fno-integrated-as
endif

# ---- sources ---------------------------------------------------------------------------------

LIB_SRC   := $(sort $(filter-out support/static_dl.c,$(wildcard support/*.c)) $(wildcard analysis/*.c kvm-harness/*.c kvm-harness/arch/x86/*.c \
                               measure/*.c report/*.c report/plot/*.c report/document/*.c differ/*.c differ/arch/x86/*.c) \
                    $(filter-out emulated-hosts/plugin.c,$(wildcard emulated-hosts/*.c)))
CLI_SRC   := $(sort $(wildcard cli/*.c))
CHECK_SRC := $(sort $(wildcard checks/*.c))
BENCH_SRC := $(sort $(wildcard microbench/*/*.c) $(if $(EXTRA),$(wildcard $(EXTRA)/*.c)))

# A source outside of the tree gets its object below $(O)/extra.
object = $(O)/$(1)/$(if $(filter /% ../%,$(2)),extra/$(notdir $(2:.c=.o)),$(2:.c=.o))

LIB_OBJ   := $(foreach s,$(LIB_SRC),$(call object,host,$(s)))
CLI_OBJ   := $(foreach s,$(CLI_SRC),$(call object,host,$(s)))
BENCH_OBJ := $(foreach s,$(BENCH_SRC),$(call object,host,$(s)))
CHECK_OBJ := $(foreach s,$(CHECK_SRC),$(call object,host,$(s)))
IMAGE_OBJ := $(O)/image16.o $(O)/image32.o $(O)/image64.o
CORE_OBJ  := $(LIB_OBJ) $(BENCH_OBJ) $(CHECK_OBJ) $(IMAGE_OBJ) $(if $(filter 1,$(STATIC)),$(O)/static_dl.o)

PROGRAM := $(O)/exitlab
# What emulated hosts need: a program without libraries, QEMU's tracing plugin, kernels.
LAB_PARTS := $(if $(SAN),,$(O)/exitlab.static) $(foreach i,1 2 3,$(O)/qemu-trace.$(i).so) \
             $(O)/fetch-kernel.sh

.PHONY: all lab-kernel record-lab run test test-lab test-planted fuzz fuzz-bin deb coverage check-unit check-kvm check-asm check-golden check-emulated check-races check-valgrind report selfbench install uninstall \
        clean help deps deps-test FORCE

# The manual and the completion, from the program's own tables.
MAN_PAGES := $(O)/man/exitlab.1 $(O)/man/exitlab-results.5 $(O)/man/exitlab-operations.7
DOCS      := $(MAN_PAGES) $(O)/man/completion

all: $(PROGRAM) $(LAB_PARTS) $(DOCS)

# A changed flag, compiler or list of sources rebuilds what depends on it.
define stamp
$(O)/$(1).stamp: FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$(2)' | cmp -s - $$@ || printf '%s\n' '$(2)' > $$@
endef
$(eval $(call stamp,host,$(CC) $(HOST_FLAGS) $(LINK_FLAGS) $(VERSION)))
# Where the images of 16, 32 and 64 bits are linked to.
base16    := 0xa0000
base32    := 0x40000000
base64    := 0x40000000
$(eval $(call stamp,payload,$(CC) $(PAYLOAD_FLAGS) $(base16) $(base32) $(base64)))
$(eval $(call stamp,sources,$(LIB_SRC) $(CLI_SRC) $(BENCH_SRC) $(CHECK_SRC)))

# ---- host objects ----------------------------------------------------------------------------

define host_rule
$(call object,host,$(1)): $(1) $(O)/host.stamp
	$$(call say,CC,$(1))
	@mkdir -p $$(@D)
	$$(Q)$(CC) $(HOST_FLAGS) -DEXITLAB_VERSION='"$(VERSION)"' -MMD -MP -c $$< -o $$@
endef
$(foreach s,$(LIB_SRC) $(CLI_SRC) $(BENCH_SRC) $(CHECK_SRC),$(eval $(call host_rule,$(s))))

# The script that draws a history is part of the program.
$(call object,host,report/plot/kinds.c): $(wildcard plots/*.gp)
$(call object,host,report/html.c): report/template.html
$(call object,host,kvm-harness/arch/x86/repro.c): kvm-harness/arch/x86/repro/preamble.c

$(PROGRAM): $(CORE_OBJ) $(CLI_OBJ) $(O)/sources.stamp
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_FLAGS) $(LINK_FLAGS) $(filter %.o,$^) -o $@ $(LIBS)

$(O)/manual: docs/manual.c $(CORE_OBJ) $(CLI_OBJ) $(O)/sources.stamp
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_FLAGS) -DEXITLAB_VERSION='"$(VERSION)"' $(LINK_FLAGS) $< $(CORE_OBJ) \
		$(filter-out %/main.o,$(CLI_OBJ)) -o $@ $(LIBS)

$(O)/man/%: $(O)/manual datasets/schema.json
	@mkdir -p $(@D)
	$(Q)$(O)/manual $* datasets/schema.json > $@.new && mv $@.new $@

# ---- parts of the lab --------------------------------------------------------------------------

$(O)/exitlab.static: $(CORE_OBJ) $(CLI_OBJ) $(O)/static_dl.o $(O)/sources.stamp
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_FLAGS) $(LINK_FLAGS) -static -s -Wl,--wrap=dlopen $(filter %.o,$^) -o $@ $(LIBS)

$(O)/static_dl.o: support/static_dl.c $(O)/host.stamp
	$(Q)$(CC) $(HOST_FLAGS) -c $< -o $@

# One for each version of the plugins' interface; the emulator's version chooses.
$(O)/qemu-trace.%.so: emulated-hosts/plugin.c $(O)/host.stamp
	$(call say,LINK,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -I. $(WARNINGS) -O2 -fPIC -shared -DPLUGIN_API=$* $< -o $@

$(O)/fetch-kernel.sh: emulated-hosts/fetch-kernel.sh
	@mkdir -p $(@D)
	$(Q)cp $< $@

# Fetched and unpacked once, into the build folder.
$(O)/kernels/%: | $(O)/fetch-kernel.sh
	$(call say,FETCH,$@)
	$(Q)$(O)/fetch-kernel.sh $* $@

lab-kernel: $(O)/kernels/stable

# ---- payload images: 16, 32 and 64 bit -------------------------------------------------------

machine16 := 32
machine32 := 32
machine64 := 64
format16  := elf_i386
format32  := elf_i386
format64  := elf_x86_64
start16   := microbench/payload/start32.S
start32   := microbench/payload/start32.S
start64   := microbench/payload/start64.S

# $(1): bits
define image_rules
payload_obj$(1) := $$(foreach s,$$(BENCH_SRC),$$(call object,payload$(1),$$(s))) \
                   $(O)/payload$(1)/start.o

$(O)/payload$(1)/start.o: $$(start$(1)) $(O)/payload.stamp
	@mkdir -p $$(@D)
	$$(Q)$(CC) -m$$(machine$(1)) -DPAYLOAD_BITS=$(1) -DBASE=$$(base$(1)) $(PAYLOAD_FLAGS) -I. \
		-MMD -MP -c $$< -o $$@

$(O)/payload$(1).elf: $$(payload_obj$(1)) microbench/payload/payload.ld $(O)/sources.stamp
	$$(call say,PAYLOAD,$$@)
	$$(Q)ld -m $$(format$(1)) --defsym=PAYLOAD_BASE=$$(base$(1)) -T microbench/payload/payload.ld \
		--no-warn-rwx-segments -z noexecstack $$(filter %.o,$$^) -o $$@
	$$(Q)objdump -d $$(if $$(filter 16,$(1)),-m i8086) $$@ > $(O)/payload$(1).asm
	$$(Q)nm -n -S $$@ > $(O)/payload$(1).sym

$(O)/payload$(1).bin: $(O)/payload$(1).elf
	$$(Q)objcopy -O binary -j .text -j .data $$< $$@

$(O)/image$(1).c: $(O)/payload$(1).elf $(O)/payload.stamp
	$$(Q)nm -S --defined-only $$< | awk -v bits=$(1) -v flags='$(PAYLOAD_FLAGS)' \
		-v bin='$(O)/payload$(1).bin' -f microbench/payload/image.awk > $$@

$(O)/image$(1).o: $(O)/image$(1).c $(O)/payload$(1).bin kvm-harness/image.h $(O)/host.stamp
	$$(call say,IMAGE,$$@)
	$$(Q)$(CC) $(HOST_FLAGS) -c $$< -o $$@
endef

define payload_rule
$(call object,payload$(1),$(2)): $(2) $(O)/payload.stamp
	@mkdir -p $$(@D)
	$$(Q)$(CC) -m$(machine$(1)) -DPAYLOAD_BITS=$(1) $(PAYLOAD_FLAGS) -I. -MMD -MP -c $$< -o $$@
endef
$(foreach b,16 32 64,$(eval $(call image_rules,$(b))))
$(foreach b,16 32 64,$(foreach s,$(BENCH_SRC),$(eval $(call payload_rule,$(b),$(s)))))

# ---- tests -----------------------------------------------------------------------------------

UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
KVM_SRC  := $(sort $(wildcard tests/kvm/*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(O)/tests/unit/%)
KVM_BIN  := $(KVM_SRC:tests/kvm/%.c=$(O)/tests/kvm/%)
# Everything of the program but its main().
TEST_OBJ  = $(CORE_OBJ) $(filter-out %/main.o,$(CLI_OBJ))

$(O)/tests/%: tests/%.c $(CORE_OBJ) $(CLI_OBJ) $(O)/sources.stamp $(O)/host.stamp
	$(call say,TEST,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_FLAGS) $(LINK_FLAGS) -MMD -MP -MF $@.d $< $(TEST_OBJ) -o $@ -lcmocka $(LIBS)

# Allocations of the program's own objects can fail there.
$(O)/tests/kvm/test_faults: private LINK_FLAGS += \
	$(foreach f,malloc calloc realloc reallocarray strdup open_memstream,-Wl,--wrap=$(f))

# Readers against damaged input. Each target runs on its corpus and on changes of it; `make fuzz`
# takes libFuzzer, which learns from what it reaches: FUZZ_RUNS executions each, FUZZ_ONLY=name.
FUZZ_SRC := $(sort $(filter-out %/driver.c,$(wildcard tests/fuzz/*.c)))
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(O)/fuzz/%)
FUZZ_RUNS := 10000000
FUZZ_ONLY := $(FUZZ_SRC:tests/fuzz/%.c=%)

$(O)/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(CORE_OBJ) $(O)/sources.stamp $(O)/host.stamp
	$(call say,FUZZ,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_FLAGS) $(LINK_FLAGS) -MMD -MP -MF $@.d $< $(if $(findstring fuzzer,$(SAN)),-fsanitize=fuzzer,tests/fuzz/driver.c) \
		$(CORE_OBJ) -o $@ $(LIBS)

fuzz:
	$(Q)$(MAKE) CC=clang O=$(O)/libfuzzer SAN=fuzzer-no-link,address,undefined fuzz-bin
	$(Q)for name in $(FUZZ_ONLY); do mkdir -p $(O)/libfuzzer/corpus/$$name; \
		$(O)/libfuzzer/fuzz/$$name -runs=$(FUZZ_RUNS) -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
			$(O)/libfuzzer/corpus/$$name tests/fuzz/corpus/$$name || exit 1; done
fuzz-bin: $(FUZZ_BIN)

check-unit: $(UNIT_BIN) $(FUZZ_BIN)
	$(Q)tests/run.sh $(UNIT_BIN) $(FUZZ_BIN)
check-kvm: $(KVM_BIN) $(PROGRAM)
	$(Q)EXITLAB=$(PROGRAM) tests/run.sh $(KVM_BIN)
check-asm: $(PROGRAM)
	$(Q)O=$(O) tests/run.sh $(sort $(wildcard tests/asm/*.sh))
check-golden: $(PROGRAM)
	$(Q)O=$(O) EXITLAB=$(PROGRAM) tests/run.sh $(sort $(wildcard tests/golden/*.sh))

# Under ThreadSanitizer and under valgrind. Not there: what must not be slowed down or is a thread in a
# loop that only a signal ends (ThreadSanitizer keeps signals back, valgrind runs one thread at a
# time), the faults, which count mappings, and what enters code by changing a signal's context.
UNSANITIZED := %/test_faults %/test_env_native %/kvm/test_check %/kvm/test_differ
# Valgrind itself ends at the allocation of 2^63 bytes that these make to see it refused.
TOO_LARGE   := %/test_analysis_bootstrap %/test_analysis_histogram
RACES       := $(O)/tsan
check-races: deps-test
	$(Q)$(MAKE) O=$(RACES) SAN=thread $(RACES)/exitlab $(UNIT_BIN:$(O)/%=$(RACES)/%) $(KVM_BIN:$(O)/%=$(RACES)/%)
	$(Q)TSAN_OPTIONS=allocator_may_return_null=1 EXITLAB=$(RACES)/exitlab setarch -R tests/run.sh \
		$(filter-out $(UNSANITIZED),$(UNIT_BIN:$(O)/%=$(RACES)/%) $(KVM_BIN:$(O)/%=$(RACES)/%))
	$(Q)setarch -R $(RACES)/exitlab run 'smp/*' base/empty irq/inject --quick --max-time 20 > $(RACES)/run.out || [ $$? -eq 4 ]
check-valgrind: deps-test $(UNIT_BIN) $(KVM_BIN) $(PROGRAM)
	$(Q)command -v valgrind > /dev/null || { echo "valgrind is missing: apt-get install valgrind"; exit 3; }
	$(Q)TIMEOUT=1200 UNDER='valgrind -q --fair-sched=yes --error-exitcode=99 --leak-check=full' \
		tests/run.sh $(filter-out $(UNSANITIZED) $(TOO_LARGE),$(UNIT_BIN) $(KVM_BIN))

# What boots emulated hosts. The first part is in `make test`; all of it is test-lab.
EMULATED      := $(sort $(filter-out %/lib.sh,$(wildcard tests/emulated/*.sh)))
EMULATED_LONG := tests/emulated/matrix.sh tests/emulated/planted.sh tests/emulated/ab.sh
check-emulated: all $(O)/kernels/stable
	$(Q)O=$(O) EXITLAB=$(PROGRAM) tests/run.sh $(filter-out $(EMULATED_LONG),$(EMULATED))

test: deps-test
	$(Q)$(MAKE) $(UNIT_BIN) $(FUZZ_BIN) $(KVM_BIN) all
	$(Q)$(MAKE) lab-kernel || echo "no kernel for emulated hosts: tests that need one are skipped"
	$(Q)O=$(O) EXITLAB=$(PROGRAM) tests/run.sh $(UNIT_BIN) $(FUZZ_BIN) $(sort $(wildcard tests/asm/*.sh)) \
		$(sort $(wildcard tests/golden/*.sh)) $(KVM_BIN) \
		--beside $(filter-out $(EMULATED_LONG),$(EMULATED))

# Every declaration on {intel, amd} x {EPT/NPT, without} x {stable, backports}.
test-lab: deps-test
	$(Q)$(MAKE) all $(O)/kernels/stable $(O)/kernels/backports
	$(Q)O=$(O) EXITLAB=$(PROGRAM) tests/run.sh $(filter-out %/planted.sh,$(EMULATED))

# A change that is planted in KVM is found. Needs the kernel's source and headers; says how to get them.
test-planted: deps-test
	$(Q)$(MAKE) all $(O)/kernels/stable
	$(Q)O=$(O) EXITLAB=$(PROGRAM) tests/run.sh tests/emulated/planted.sh

# Lines and branches that the unit tests, those on /dev/kvm and those of the program execute.
COVERED := O=$(O)/coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic'
coverage: deps-test
	$(Q)$(MAKE) $(COVERED) all check-unit check-kvm
	$(Q)O=$(O)/coverage EXITLAB=$(O)/coverage/exitlab tests/run.sh \
		$(addprefix tests/golden/,usage.sh measure.sh files.sh strict.sh lab.sh doctor.sh full.sh pages.sh gate.sh kit.sh ab.sh selftest.sh history.sh)
	$(Q)tests/coverage.py $(O)/coverage

$(O)/selfbench: tests/selfbench.c $(CORE_OBJ) $(O)/host.stamp
	$(call say,LINK,$@)
	$(Q)$(CC) $(HOST_FLAGS) $(LINK_FLAGS) $< $(CORE_OBJ) -o $@ $(LIBS)

selfbench: $(O)/selfbench $(PROGRAM)
	$(Q)EXITLAB=$(PROGRAM) SELFBENCH=$(O)/selfbench tests/selfbench.sh

# ---- what a user runs ------------------------------------------------------------------------

deps:
	$(Q)support/deps.sh run
deps-test:
	$(Q)support/deps.sh test

RUN_FILE := $(O)/run.jsonl

# Where no guest can run, the emulated host with SVM shows what exitlab is for, in instructions.
# Longer than --quick takes unasked: with six VM instances or fewer no interval has 95 %.
run_on_kvm  = $(PROGRAM) run --quick --max-time 90 --output $(RUN_FILE)
run_on_lab  = $(PROGRAM) run --quick --env native --output $(O)/native.jsonl && \
	$(PROGRAM) lab --host amd --output $(RUN_FILE)

# Status 4 says that a figure is UNSTABLE on this machine today: a finding, not a failed make.
run: deps
	$(Q)$(MAKE) all
	$(Q)if $(PROGRAM) doctor > /dev/null || [ $$? -eq 4 ]; then $(run_on_kvm); else \
		echo "no usable /dev/kvm here: natively, then on an emulated host with SVM"; \
		support/deps.sh lab && $(run_on_lab); fi || [ $$? -eq 4 ]
	$(Q)$(PROGRAM) report --output $(O)/report $(RUN_FILE) > /dev/null
	@echo "result file: $(RUN_FILE)"
	@echo "report:      $(O)/report/report.html (and report.md; pictures and their data in $(O)/report/pictures)"

report: deps
	$(Q)$(MAKE) all
	$(Q)rm -rf $(O)/results && datasets/report.sh $(PROGRAM) $(O)/results > /dev/null
	$(Q)cp $(O)/results/RESULTS.md RESULTS.md
	$(Q)rm -rf plots/results && cp -r $(O)/results/plots/results plots/results
	@echo "RESULTS.md and plots/results/ are made from datasets/; as one page: $(O)/results/RESULTS.html"

# Anew: remove the files first, or give another RECORD=folder.
RECORD := datasets/recorded
record-lab: all
	$(Q)datasets/record-lab.sh $(PROGRAM) $(RECORD)

install: all
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/exitlab
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/exitlab $(LAB_PARTS)
	for page in $(notdir $(MAN_PAGES)); do \
		install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$${page##*.} $(O)/man/$$page; done
	install -D -m 644 $(O)/man/completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/exitlab
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/exitlab $(DESTDIR)$(PREFIX)/share/bash-completion/completions/exitlab
	rm -rf $(DESTDIR)$(PREFIX)/lib/exitlab
	for page in $(notdir $(MAN_PAGES)); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page; done

# A package for Debian and Ubuntu.
deb: all
	$(Q)support/deb.sh $(O) $(VERSION)

clean:
	rm -rf $(O)

help:
	@sed -n '3,22s/^# \{0,1\}//p' Makefile

-include $(shell find $(O) -name '*.d' 2>/dev/null)

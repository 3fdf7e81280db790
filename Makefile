# The only build file. `make` builds build/sluice; ./dev installs what is missing and calls it.
#
#   make                     release binary
#   make tests               every test program (unit, fuzz replay) of this build
#   make SAN=address ...     the same with ASan and UBSan, under build/address (SAN=thread: TSan)
#   make BUILD=dir ...       another output folder
#
# Each folder of src/ becomes one archive; a test links only the folders its subject may include
# (the layers below), so the layers hold at link time too.

SAN     ?=
BUILD   ?= build$(if $(SAN),/$(SAN))
CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wno-format-truncation
VERSION := $(shell cat VERSION)

ifeq ($(SAN),address)
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
endif
ifeq ($(SAN),thread)
SANFLAGS := -fsanitize=thread -fno-omit-frame-pointer -O1
endif
ifeq ($(SAN),fuzzer)
CC       := clang
WARN     += -Wno-unknown-warning-option
SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -O1
endif

ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -DSLUICE_VERSION='"$(VERSION)"' -Isrc $(WARN) $(CFLAGS) $(SANFLAGS)
LDFLAGS    += $(SANFLAGS) -Wl,--as-needed -Wl,-z,pack-relative-relocs

# What each folder may include: tool/layers checks the same lines.
include layers.mk

FOLDERS  := cli aws query script project job node table catalog object stream sql dialect parquet decode batch stack state http base
# transitive closure, in link order (users before what they use)
closure   = $(filter $(call reach,$(1)),$(FOLDERS))
reach     = $(sort $(1) $(foreach d,$(LAYER_$(1)),$(call reach,$(d))))
archives  = $(foreach f,$(call closure,$(1)),$(BUILD)/lib/$(f).a)
externals = $(sort $(foreach f,$(call closure,$(1)),$(EXTERN_$(f))))

EXTERN_base    := -ljansson -lcbor -lexpat -lisal -lpthread -ldl -lm
EXTERN_http    := -lnghttp2
EXTERN_state   := -llmdb
EXTERN_stack   := -lyaml
EXTERN_stream  := -llmdb
EXTERN_object  := -llmdb
EXTERN_parquet := -lzstd -llz4 -lz
EXTERN_script  := -ldl

.PHONY: all tests clean
all: $(BUILD)/sluice

# Forms of a hot loop for some machines; which one runs is decided when it starts.
VECTORIZE := -ftree-vectorize $(if $(findstring clang,$(CC)),,-fvect-cost-model=dynamic)
ifeq ($(shell uname -m),x86_64)
$(BUILD)/obj/%_avx2.o: ALL_CFLAGS += -mavx2 -mbmi -mbmi2 $(VECTORIZE)
$(BUILD)/obj/%_avx512.o: ALL_CFLAGS += -mavx512bw -mavx512vl -mavx512dq -mbmi -mbmi2 $(VECTORIZE)
endif

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The Python files that the binary carries.
$(BUILD)/obj/script/sources.o: $(shell find src/script/python -name '*.py')

define folder_rule
$(BUILD)/lib/$(1).a: $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/$(1)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$(f))))

$(BUILD)/sluice: $(BUILD)/obj/main.o $(call archives,cli)
	$(CC) $(LDFLAGS) -o $@ $^ $(call externals,cli)

# test/unit/FOLDER_topic.c tests FOLDER with cmocka; test/fuzz/FOLDER_topic.c holds one
# LLVMFuzzerTestOneInput, replayed over test/fuzz/corpus/FOLDER_topic/.
UNIT := $(patsubst test/unit/%.c,%,$(wildcard test/unit/*_*.c))
FUZZ := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/*_*.c))
subject = $(firstword $(subst _, ,$(1)))

TEST_LIBS := -lcmocka -lssl -lcrypto # the latter for tests that are clients

define unit_rule
$(BUILD)/unit/$(1): test/unit/$(1).c $(call archives,$(call subject,$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -Itest -MMD -MP $$(LDFLAGS) -o $$@ $$< $(call archives,$(call subject,$(1))) $(TEST_LIBS) $(call externals,$(call subject,$(1)))
endef
$(foreach t,$(UNIT),$(eval $(call unit_rule,$(t))))

define fuzz_rule
$(BUILD)/fuzz/$(1): test/fuzz/$(1).c test/fuzz/replay.c $(call archives,$(call subject,$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) $(if $(filter fuzzer,$(SAN)),-fsanitize=fuzzer) -o $$@ $$< $(if $(filter fuzzer,$(SAN)),,test/fuzz/replay.c) $(call archives,$(call subject,$(1))) $(call externals,$(call subject,$(1)))
endef
$(foreach t,$(FUZZ),$(eval $(call fuzz_rule,$(t))))

# test/tool/FOLDER_topic.c is a program that tests run: a server to talk to, a dump to compare.
TOOL := $(patsubst test/tool/%.c,%,$(wildcard test/tool/*_*.c))

define tool_rule
$(BUILD)/tool/$(1): test/tool/$(1).c $(call archives,$(call subject,$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -MMD -MP $$(LDFLAGS) -o $$@ $$< $(call archives,$(call subject,$(1))) $(call externals,$(call subject,$(1)))
endef
$(foreach t,$(TOOL),$(eval $(call tool_rule,$(t))))

# test/bench/NAME.c is a program of the benchmarks that stands alone.
BENCH := $(patsubst test/bench/%.c,%,$(wildcard test/bench/*.c))
$(BUILD)/bench/%: test/bench/%.cpp
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O3 -o $@ $< -lsimdjson

$(BUILD)/bench/%: test/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< -lpthread

# test/sim: the engine in a simulated world. sluice-sim-NAME has the bug NAME planted into a copy of
# one source (test/sim/plants.py), which then comes before the archives.
SIM_SOURCES := $(wildcard test/sim/*.c)
SIM_LINK     = $(call archives,job) $(call externals,job) -lsnappy
PLANTS      := $(shell sed -n 's/^    "\([a-z-]*\)": .*/\1/p' test/sim/plants.py 2>/dev/null)

$(BUILD)/sim/main.a: $(SIM_SOURCES) test/sim/sim.h $(call archives,job)
	@mkdir -p $(@D)/obj
	@rm -f $@
	$(foreach s,$(SIM_SOURCES),$(CC) $(ALL_CFLAGS) -c $s -o $(@D)/obj/$(notdir $(s:.c=.o)) &&) true
	ar rcs $@ $(patsubst test/sim/%.c,$(@D)/obj/%.o,$(SIM_SOURCES))

$(BUILD)/sim/sluice-sim: $(BUILD)/sim/main.a
	$(CC) $(LDFLAGS) -o $@ $< $(SIM_LINK)

$(BUILD)/sim/sluice-sim-%: $(BUILD)/sim/main.a test/sim/plants.py
	/usr/bin/python3 test/sim/plants.py $* $(@D)/planted-$*
	$(CC) $(ALL_CFLAGS) -w -iquote src/job -iquote src/table -iquote src/object $(LDFLAGS) -o $@ -Wl,--start-group $(@D)/planted-$*/*.c $< $(SIM_LINK) -Wl,--end-group

tests: $(UNIT:%=$(BUILD)/unit/%) $(FUZZ:%=$(BUILD)/fuzz/%) $(TOOL:%=$(BUILD)/tool/%)
.PHONY: unit fuzz tool sim bench
sim: $(BUILD)/sim/sluice-sim $(PLANTS:%=$(BUILD)/sim/sluice-sim-%)
bench: $(BENCH:%=$(BUILD)/bench/%) $(BUILD)/bench/simdjson $(BUILD)/tool/decode_speed
tool: $(TOOL:%=$(BUILD)/tool/%)
unit: $(UNIT:%=$(BUILD)/unit/%)
fuzz: $(FUZZ:%=$(BUILD)/fuzz/%)

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj $(BUILD)/unit $(BUILD)/tool -name '*.d' 2>/dev/null)

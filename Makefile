# One file to build them all.  "make help" lists the targets.

# Rooms, lowest first: a file may include only from its own room or from rooms
# to the left.  tools/deps.awk and the link order below enforce it.  A room's
# sources are the .c files in it.
ORDER	= base schema store ca sync filing signing registry

MODE	?= release

# What is missing is installed first; then make starts again and finds it.
GOALS	= $(or $(MAKECMDGOALS),all)
ifneq ($(if $(filter-out clean help,$(GOALS)),$(shell tools/setup --missing)),)
.PHONY: $(GOALS)
$(firstword $(GOALS)):
	@tools/setup
	@$(MAKE) $(GOALS)
$(wordlist 2,99,$(GOALS)): $(firstword $(GOALS)) ;
else

PKGS	= libcrypto libssl libgcrypt sqlite3 libevent libprotobuf-c \
	  yaml-0.1 jansson libcurl cairo pangocairo pangoft2 fontconfig \
	  libpng libjpeg libseccomp libzip libdeflate libxml-2.0 libqpdf zlib \
	  libgfshare
# Headers alone: modules of tokens are loaded by name.
HEADS	= p11-kit-1
WARN	= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef -Werror
CFLAGS_debug	= -Og -g3
CFLAGS_asan	= -O1 -g1 -fno-omit-frame-pointer \
		  -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_fuzz	= $(CFLAGS_asan) -fsanitize=fuzzer-no-link
CFLAGS_release	= -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDFLAGS_asan	= -fsanitize=address,undefined -fuse-ld=lld
LDFLAGS_fuzz	= $(LDFLAGS_asan)
LDFLAGS_release	= -pie -Wl,-z,relro,-z,now

# Objects of two compilers never mix.
CLANG	= $(findstring clang,$(notdir $(CC)))
B	= build/$(if $(CLANG),clang-)$(MODE)
GEN	= build/gen
CFLAGS	+= -std=c11 -D_GNU_SOURCE -I. -Ibuild/gen $(WARN) $(CFLAGS_$(MODE)) \
	   $(shell pkg-config --cflags $(PKGS) $(HEADS) 2>/dev/null | sed 's/-I/-isystem /g')
LDLIBS	+= $(LDFLAGS_$(MODE)) $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

PROTO	= $(wildcard schema/proto/*.proto)
PB_H	= $(PROTO:schema/proto/%.proto=$(GEN)/schema/%.pb-c.h)
PB_C	= $(PB_H:.h=.c)
TABLES	= $(GEN)/schema/tables.h
$(foreach d,$(ORDER),$(eval $(d)_SRC = $(sort $(wildcard $(d)/*.c $(d)/*/*.c))))
SRCS	= $(foreach d,$(ORDER),$($(d)_SRC))
HDRS	= $(wildcard $(ORDER:%=%/*.h) $(ORDER:%=%/*/*.h))
UNIT	= $(sort $(wildcard tests/unit/*/test_*.c))
TOOLS	= $(wildcard tools/bench/*.c)
FUZZ	= $(sort $(wildcard tests/fuzz/fuzz_*.c))
LIBS	= $(ORDER:%=$(B)/lib%.a)
TESTS	= $(UNIT:%.c=$(B)/%) $(FUZZ:%.c=$(B)/%)

# below(ca) = the archives of ca and everything under it, highest first.
rev	= $(if $(1),$(call rev,$(wordlist 2,99,$(1))) $(firstword $(1)))
upto	= $(if $(1),$(if $(filter $(2),$(firstword $(1))),$(2),$(firstword \
	  $(1)) $(call upto,$(wordlist 2,99,$(1)),$(2))))
below	= $(patsubst %,$(B)/lib%.a,$(call rev,$(call upto,$(ORDER),$(1))))

# "make V=1" shows whole commands.
say	= $(if $(V),,@echo "  $(1)";)

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all programs tests setup demo test torture unit lint bench fuzz deb \
	clean help analyse valgrind
all: $(B)/sealreg			## build the program
setup:					## install the Debian packages that are missing
	@tools/setup
demo:					## three provinces through the whole story
	@$(MAKE) -j$$(nproc) MODE=release all
	@deploy/demo run --dir demo-data
test:					## every test; closes with "N passed, N failed"
	@tools/test
torture:				## kills, power cuts, planted bugs, a day: about an hour
	@tools/torture
bench: all programs			## ratios against peers, side by side
	@tools/bench/run

TOKEN	= $(B)/tests/token/p11_sm2.so
programs: $(TOOLS:%.c=$(B)/%) $(TOKEN)	## what benchmarks and scenarios use

MAIN	= registry/main.c
$(B)/sealreg: $(MAIN:%.c=$(B)/%.o) $(call rev,$(LIBS))
	$(call say,link $@)$(CC) -o $@ $^ $(LDLIBS)

define room
$(B)/lib$(1).a: $(patsubst %.c,$(B)/%.o,$(filter-out $(MAIN),$($(1)_SRC)))
	@mkdir -p $$(@D) && rm -f $$@
	$$(call say,ar   $$@)ar rcs $$@ $$^
$(B)/tests/unit/$(1)/%: $(B)/tests/unit/$(1)/%.o $(call below,$(1))
	$$(call say,link $$@)$$(CC) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach d,$(filter-out schema,$(ORDER)),$(eval $(call room,$(d))))
$(B)/libschema.a: $(PB_C:$(GEN)/%.c=$(B)/gen/%.o)
	@rm -f $@
	$(call say,ar   $@)ar rcs $@ $^

$(B)/%.o: %.c $(PB_H) $(TABLES)
	@mkdir -p $(@D)
	$(call say,cc   $<)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/gen/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(call say,cc   $<)$(CC) $(CFLAGS) -Wno-unused -MMD -MP -c -o $@ $<

$(GEN)/schema/%.pb-c.c $(GEN)/schema/%.pb-c.h &: schema/proto/%.proto
	@mkdir -p $(GEN)/schema
	$(call say,gen  $<)protoc-c --proto_path=schema/proto --c_out=$(GEN)/schema $<
$(TABLES): tools/tables.awk $(wildcard schema/*.tsv schema/sql/*)
	@mkdir -p $(@D)
	$(call say,gen  $@)awk -f tools/tables.awk $(wildcard schema/*.tsv schema/sql/*) > $@

# Texts as C strings: the public contract, and the page /verify.
define text
TEXTS += $(GEN)/$(2)
$(B)/$(1).o: $(GEN)/$(2)
$(GEN)/$(2): $(3) tools/text.awk
	@mkdir -p $$(@D)
	$$(call say,gen  $(3))awk -v name=$(4) -f tools/text.awk $(3) > $$@
endef
$(eval $(call text,registry/web/openapi,schema/openapi.h,schema/openapi.yaml,OPENAPI_YAML))
$(eval $(call text,registry/judge/report_html,registry/judge/report_css.h,registry/judge/report.css,REPORT_CSS))
$(eval $(call text,registry/web/route_page,schema/report_schema.h,schema/report.schema.json,REPORT_SCHEMA))
$(eval $(call text,registry/web/route_page,registry/web/verify_html.h,registry/web/page/verify.html,VERIFY_HTML))
$(eval $(call text,registry/web/route_page,registry/web/verify_css.h,registry/web/page/verify.css,VERIFY_CSS))
$(B)/registry/web/route_page.o: $(GEN)/registry/judge/report_css.h
$(eval $(call text,registry/web/route_page,registry/web/verify_js.h,registry/web/page/verify.js,VERIFY_JS))

# What "sealreg --version" says, and the package: tools/version.
VERSION	= $(GEN)/registry/version.h
TEXTS	+= $(VERSION)
.PHONY: always
$(VERSION): always
	@mkdir -p $(@D)
	@printf '#define SEALREG_VERSION\t"%s"\n' "$$(tools/version)" >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/registry/main.o: $(VERSION)

# With MODE=fuzz libFuzzer brings the main, otherwise replay.c does.
$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(if $(filter fuzz,$(MODE)),, \
		$(B)/tests/fuzz/replay.o) $(call rev,$(LIBS))
	$(call say,link $@)$(CC) -o $@ $^ $(LDLIBS) \
	    $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer)

# A PKCS#11 token with SM2, which tests load by its path.
$(TOKEN): tests/token/p11_sm2.c tests/token/p11_sm2.h
	@mkdir -p $(@D)
	$(call say,link $@)$(CC) $(CFLAGS) -fPIC -shared -o $@ $< -lcrypto
$(B)/tests/unit/ca/test_token: | $(TOKEN)

$(B)/tools/%: $(B)/tools/%.o $(call rev,$(LIBS))
	$(call say,link $@)$(CC) -o $@ $^ $(LDLIBS)

tests: $(TESTS)
unit: $(TESTS)				## unit tests and fuzz corpora, this MODE
	@tools/run-tests $(B)

FUZZERS	= $(FUZZ:%.c=build/clang-fuzz/%)
SECONDS	?= 60
fuzz:					## every fuzz target for SECONDS=60
	@$(MAKE) -s CC='$(filter ccache,$(CC)) clang' MODE=fuzz $(FUZZERS)
	@tools/fuzz build/clang-fuzz $(SECONDS)

deb: all				## a Debian package, in build/
	@tools/deb build

lint: $(PB_H) $(TABLES)			## room order, ids, headers alone
	@tools/lint "$(ORDER)" "$(CC) $(CFLAGS)"

# A source is looked at again when it, a header or the rules have changed.
TIDY	?= clang-tidy
$(B)/analyse/%.ok: %.c $(HDRS) $(PB_H) $(TABLES) $(TEXTS) .clang-tidy
	@mkdir -p $(@D)
	$(call say,tidy $<)$(TIDY) --quiet $< -- $(CFLAGS) 2>$@.log || \
	    { cat $@.log; exit 1; }
	@touch $@
analyse: $(SRCS:%.c=$(B)/analyse/%.ok)	## clang-tidy with its analyzer, 10 minutes

valgrind: $(UNIT:%.c=$(B)/%)		## unit tests under memcheck
	@tools/valgrind $(B)

clean:					## remove what was built
	rm -rf build

help:					## this list
	@sed -n 's/^\([a-z_.-]*\):.*## /\1	/p' Makefile

endif
-include $(SRCS:%.c=$(B)/%.d) $(UNIT:%.c=$(B)/%.d) $(FUZZ:%.c=$(B)/%.d)

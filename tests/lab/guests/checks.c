// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/guests/checks.h"

#include "hypervisor/abi/zeta.h"

// Xen's numbers, which are Linux's too. A bare guest has no errno.h.
enum {
    kNotPermitted = -1,
    kNoSuchDomain = -3,
    kTooBig = -7,
    kBadAddress = -14,
    kInvalid = -22,
    kNotSupported = -95,
};

#define HYPERVISOR_ADDRESS ((void*)0xffff830000000000UL)
#define FIRST_WORD 0x1122334455667788UL
#define SECOND_WORD 0xfedcba9876543210UL

static unsigned passed;
static unsigned failed;

struct line {
    char text[160];
    unsigned used;
};

static void add_text(struct line* line, const char* text) {
    while (*text != '\0' && line->used < sizeof(line->text) - 1) {
        line->text[line->used++] = *text++;
    }
    line->text[line->used] = '\0';
}

static void add_number(struct line* line, long number) {
    char digits[24];
    unsigned at = sizeof(digits) - 1;
    unsigned long left = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    add_text(line, &digits[at]);
}

void zt_expect(const struct zt_platform* platform, const char* check, long actual, long expected) {
    struct line line = {.text = "", .used = 0};
    add_text(&line, "zeta-test: ");
    add_text(&line, check);
    add_text(&line, " rc=");
    add_number(&line, actual);
    if (actual == expected) {
        passed++;
        add_text(&line, " ok\n");
    } else {
        failed++;
        add_text(&line, " FAIL expected=");
        add_number(&line, expected);
        add_text(&line, "\n");
    }
    platform->print(line.text);
}

static void copy_bytes(void* to, const void* from, unsigned long count) {
    unsigned char* out = to;
    const unsigned char* in = from;
    while (count-- != 0) {
        *out++ = *in++;
    }
}

static struct zeta_capabilities good_capabilities(void) {
    return (struct zeta_capabilities){
        .header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(struct zeta_capabilities)}};
}

static struct zeta_health_beat good_beat(uint64_t word) {
    return (struct zeta_health_beat){.header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(struct zeta_health_beat)},
                                     .word = word};
}

static struct zeta_health_read good_read(uint16_t domid) {
    return (struct zeta_health_read){.header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(struct zeta_health_read)},
                                     .domid = domid};
}

static void check_capabilities(const struct zt_platform* p) {
    struct zeta_capabilities caps = good_capabilities();
    zt_expect(p, "capabilities", p->hypercall(ZETA_OP_CAPABILITIES, &caps), 0);
    zt_expect(p, "capabilities-abi-min", caps.abi_version_min, ZETA_ABI_VERSION);
    zt_expect(p, "capabilities-abi-max", caps.abi_version_max, ZETA_ABI_VERSION);
    zt_expect(p, "capabilities-features", (long)caps.features, ZETA_FEATURE_HEALTH);
    zt_expect(p, "capabilities-reserved-out", caps.reserved, 0);
    caps = good_capabilities();
    caps.reserved = 1;
    zt_expect(p, "capabilities-reserved-in", p->hypercall(ZETA_OP_CAPABILITIES, &caps), kInvalid);
}

static void check_operations(const struct zt_platform* p) {
    struct zeta_capabilities caps = good_capabilities();
    zt_expect(p, "operation-zero", p->hypercall(0, &caps), kNotSupported);
    zt_expect(p, "operation-next", p->hypercall(ZETA_OP_HEALTH_READ + 1, &caps), kNotSupported);
    zt_expect(p, "operation-largest", p->hypercall(0xffffffffU, &caps), kNotSupported);
    zt_expect(p, "operation-bad-and-pointer-bad", p->hypercall(99, p->unmapped), kNotSupported);
}

static void check_headers(const struct zt_platform* p) {
    struct zeta_health_beat beat = good_beat(1);
    beat.header.version = 0;
    zt_expect(p, "version-zero", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), kInvalid);
    beat.header.version = ZETA_ABI_VERSION + 1;
    zt_expect(p, "version-next", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), kInvalid);
    beat = good_beat(1);
    beat.header.bytes = 0;
    zt_expect(p, "size-zero", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), kInvalid);
    beat.header.bytes = sizeof(beat) - 1;
    zt_expect(p, "size-one-less", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), kInvalid);
    beat.header.bytes = sizeof(beat) + 1;
    zt_expect(p, "size-one-more", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), kTooBig);
    beat.header.bytes = 0xffffffffU;
    zt_expect(p, "size-largest", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), kTooBig);
}

static void check_pointers(const struct zt_platform* p) {
    struct zeta_health_beat beat = good_beat(FIRST_WORD);
    struct zeta_capabilities caps = good_capabilities();
    zt_expect(p, "pointer-unmapped", p->hypercall(ZETA_OP_HEALTH_BEAT, p->unmapped), kBadAddress);
    zt_expect(p, "pointer-hypervisor", p->hypercall(ZETA_OP_HEALTH_BEAT, HYPERVISOR_ADDRESS), kBadAddress);
    copy_bytes(p->edge - sizeof(beat), &beat, sizeof(beat));
    zt_expect(p, "pointer-last-bytes-of-page", p->hypercall(ZETA_OP_HEALTH_BEAT, p->edge - sizeof(beat)), 0);
    copy_bytes(p->edge - sizeof(beat.header), &beat.header, sizeof(beat.header));
    zt_expect(p, "pointer-header-only", p->hypercall(ZETA_OP_HEALTH_BEAT, p->edge - sizeof(beat.header)), kBadAddress);
    zt_expect(p, "pointer-half-header", p->hypercall(ZETA_OP_HEALTH_BEAT, p->edge - 4), kBadAddress);
    // A beat is only read; the answer of the other needs a page that may be written.
    copy_bytes(p->edge - sizeof(caps) - 1, &caps, sizeof(caps));
    zt_expect(p, "pointer-odd", p->hypercall(ZETA_OP_CAPABILITIES, p->edge - sizeof(caps) - 1), 0);
    zt_expect(p, "pointer-read-only", p->hypercall(ZETA_OP_CAPABILITIES, p->readable), kBadAddress);
}

static void check_health_refused(const struct zt_platform* p) {
    struct zeta_health_beat beat = good_beat(FIRST_WORD);
    struct zeta_health_read read = good_read(0);
    zt_expect(p, "beat", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), 0);
    zt_expect(p, "read-control-domain", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNotPermitted);
    read = good_read(0x7000);
    zt_expect(p, "read-unknown", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNotPermitted);
    zt_expect(p, "read-bad-pointer", p->hypercall(ZETA_OP_HEALTH_READ, p->unmapped), kNotPermitted);
    read.header.bytes = 4096;
    zt_expect(p, "read-oversized", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNotPermitted);
    zt_expect(p, "read-wrote-nothing", (long)(read.word | read.beats | read.beat_ns | read.now_ns), 0);
}

static void check_health_values(const struct zt_platform* p) {
    struct zeta_health_read before = good_read(0);
    zt_expect(p, "read-before", p->hypercall(ZETA_OP_HEALTH_READ, &before), 0);
    struct zeta_health_beat beat = good_beat(FIRST_WORD);
    zt_expect(p, "beat-first", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), 0);
    beat = good_beat(SECOND_WORD);
    zt_expect(p, "beat-second", p->hypercall(ZETA_OP_HEALTH_BEAT, &beat), 0);
    struct zeta_health_read after = good_read(0);
    zt_expect(p, "read-after", p->hypercall(ZETA_OP_HEALTH_READ, &after), 0);
    const bool alone = p->exclusive || after.beats == before.beats + 2;
    zt_expect(p, "read-counts", after.beats >= before.beats + 2, 1);
    zt_expect(p, "read-word", !alone || (after.beats == before.beats + 2 && after.word == SECOND_WORD), 1);
    zt_expect(p, "read-time-moves", after.now_ns > before.now_ns && after.beat_ns >= before.now_ns, 1);
    zt_expect(p, "read-time-ordered", after.beat_ns <= after.now_ns, 1);
}

static void check_health_arguments(const struct zt_platform* p) {
    struct zeta_health_read read = good_read(0x7000);
    zt_expect(p, "read-unknown", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNoSuchDomain);
    read = good_read(0x7ff0);
    zt_expect(p, "read-self-alias", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNoSuchDomain);
    read = good_read(0x7ff2);
    zt_expect(p, "read-hypervisor-domain", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNoSuchDomain);
    read = good_read(0x7fff);
    zt_expect(p, "read-idle-domain", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNoSuchDomain);
    read = good_read(0xffff);
    zt_expect(p, "read-largest", p->hypercall(ZETA_OP_HEALTH_READ, &read), kNoSuchDomain);
    for (unsigned at = 0; at < 3; at++) {
        read = good_read(0);
        read.reserved[at] = 1;
        zt_expect(p, "read-reserved", p->hypercall(ZETA_OP_HEALTH_READ, &read), kInvalid);
    }
    read = good_read(0);
    read.header.bytes = 4096;
    zt_expect(p, "read-oversized", p->hypercall(ZETA_OP_HEALTH_READ, &read), kTooBig);
    zt_expect(p, "read-bad-pointer", p->hypercall(ZETA_OP_HEALTH_READ, p->unmapped), kBadAddress);
    read = good_read(0);
    copy_bytes(p->edge - 16, &read, 16);
    zt_expect(p, "read-cut-by-page", p->hypercall(ZETA_OP_HEALTH_READ, p->edge - 16), kBadAddress);
}

static uint64_t next_random(uint64_t* state) {
    // xorshift64: Marsaglia, "Xorshift RNGs", 2003, the triple 13, 7, 17.
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void* random_argument(const struct zt_platform* p, uint64_t* state, unsigned char* page, unsigned bytes) {
    const uint64_t choice = next_random(state);
    uint64_t* words = (uint64_t*)page;
    for (unsigned at = 0; at < bytes / sizeof(*words); at++) {
        words[at] = next_random(state) & ((choice & 1) != 0 ? 0x3fUL : ~0UL);
    }
    if ((choice & 2) != 0) {
        const struct zeta_header header = {.version = ZETA_ABI_VERSION,
                                           .bytes = (uint32_t)(16 * (1 + (choice >> 8) % 3))};
        copy_bytes(page, &header, sizeof(header));
    }
    switch ((choice >> 16) % 16) {
    case 0:
        return p->unmapped;
    case 1:
        return p->edge - (choice >> 24) % 64;
    case 2:
        return HYPERVISOR_ADDRESS;
    case 3:
        return p->readable + (choice >> 24) % 64;
    case 4:
        return page + (choice >> 24) % 8;
    default:
        return page;
    }
}

static bool is_documented(long rc) {
    return rc == 0 || rc == kNotPermitted || rc == kNoSuchDomain || rc == kTooBig || rc == kBadAddress ||
           rc == kInvalid || rc == kNotSupported;
}

// Random operations on random arguments: each must end in a documented result.
static void check_storm(const struct zt_platform* p) {
    static _Alignas(8) unsigned char page[64];
    uint64_t state = p->seed | 1;
    long undocumented = 0;
    for (unsigned call = 0; call < p->storm_calls; call++) {
        const unsigned op = (unsigned)(next_random(&state) % 6);
        const long rc = p->hypercall(op, random_argument(p, &state, page, sizeof(page)));
        undocumented += !is_documented(rc);
    }
    zt_expect(p, "storm-undocumented-results", undocumented, 0);
}

unsigned zt_run(const struct zt_platform* p) {
    check_capabilities(p);
    check_operations(p);
    check_headers(p);
    check_pointers(p);
    if (p->control_domain) {
        check_health_values(p);
        check_health_arguments(p);
    } else {
        check_health_refused(p);
    }
    check_storm(p);
    struct line line = {.text = "", .used = 0};
    add_text(&line, "zeta-test: done caller=");
    add_text(&line, p->name);
    add_text(&line, p->control_domain ? "-control" : "-guest");
    add_text(&line, " seed=");
    add_number(&line, (long)p->seed);
    add_text(&line, " passed=");
    add_number(&line, passed);
    add_text(&line, " failed=");
    add_number(&line, failed);
    add_text(&line, "\n");
    p->print(line.text);
    return failed;
}

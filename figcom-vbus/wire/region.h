/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: MIT */
#ifndef ZETA_FIGCOM_WIRE_REGION_H
#define ZETA_FIGCOM_WIRE_REGION_H

/*
 * FIGCOM wire format v1: what lies in shared memory. C11 and C++.
 *
 * A region is what one side writes; its peer maps it read-only. A channel is
 * two regions. All words are little-endian; all places are offsets from the
 * start of the region. docs/reference/figcom-wire.md explains each field.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FIGCOM_ASSERT(condition, text) static_assert(condition, text)
#else
#define FIGCOM_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* "FIGCOM1\0" read as a little-endian word. */
#define FIGCOM_MAGIC UINT64_C(0x00314d4f43474946)
#define FIGCOM_ABI_MAJOR 1 /* a change here is refused by older peers */
#define FIGCOM_ABI_MINOR 2 /* a change here is understood by older peers */

#define FIGCOM_HEADER_BYTES 4096
#define FIGCOM_LINE_BYTES 128 /* two cache lines: adjacent-line prefetch never joins two owners */
#define FIGCOM_PRIORITIES_MAX 8
#define FIGCOM_SLOTS_MIN 2
#define FIGCOM_SLOTS_MAX 65536
#define FIGCOM_SLOT_BYTES 128
#define FIGCOM_INLINE_BYTES 88
#define FIGCOM_BATCH_INLINE_BYTES 80 /* behind the batch's own word */
#define FIGCOM_BATCH_MAX 65536       /* messages in one batch */
#define FIGCOM_CARRIER_WORDS 512
#define FIGCOM_STATES_MAX 1024
#define FIGCOM_STATE_BYTES_MAX 65536

/* features: a reader ignores bits that it does not know. */
#define FIGCOM_FEATURE_POLLED UINT64_C(1)  /* the owner never sleeps: its peer need not look at `armed` */
#define FIGCOM_FEATURE_BATCHES UINT64_C(2) /* the owner takes batches: its peer may send them. Since 1.2 */
/* The owner may overwrite messages of ring p that were not taken: its reader must heed `floor`. Since 1.1. */
#define FIGCOM_FEATURE_OVERWRITES(p) (UINT64_C(1) << (8 + (p)))

/* Words that change while the channel lives have a line of their own each. */
struct figcom_life {
    uint8_t alive; /* 1 from publication on; the carrier clears it when the owner dies */
    uint8_t zero_[7];
    uint64_t closed; /* 1 after the owner closed in order */
    uint8_t pad_[112];
};

/*
 * Odd: the owner sleeps (or is about to) and wants one notification. Each
 * arming has a new odd number, so a peer that cannot write here still
 * notifies only once per arming.
 */
struct figcom_armed {
    uint64_t data;   /* waits for messages */
    uint64_t credit; /* waits for free slots */
    uint8_t pad_[112];
};

/*
 * How many messages of the PEER's ring of this priority the owner has taken,
 * and how many of these were gone before it could take them (since 1.1).
 */
struct figcom_progress {
    uint64_t consumed;
    uint64_t lost;
    uint8_t pad_[112];
};

/* What the owner says of its own ring of this priority. Since 1.1; zero before. */
struct figcom_stream {
    uint64_t floor;   /* no message below this index is there any more: stored before its slot or slab is reused */
    uint64_t refused; /* messages that were given back to the sending program for want of credit */
    uint8_t pad_[48];
};

struct figcom_region_header {
    /* Written before `alive`, never after. */
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t header_bytes;
    uint64_t features;
    uint64_t region_bytes;
    uint64_t epoch; /* never 0; a new one for each life of the channel */
    uint64_t channel_id;
    uint32_t owner_endpoint;
    uint32_t peer_endpoint;
    uint32_t priority_count;
    uint32_t slot_count;  /* of each ring; a power of two */
    uint64_t ring_offset; /* ring p starts at ring_offset + p * slot_count * FIGCOM_SLOT_BYTES */
    uint64_t slab_offset;
    uint64_t slab_bytes; /* 0: messages are inline only */
    uint32_t slot_bytes;
    uint32_t carrier_words; /* how many of carrier[] mean something */
    uint64_t state_offset;  /* since 1.1, as the next two */
    uint32_t state_count;   /* 0: none */
    uint32_t state_bytes;   /* the longest value of each state */
    uint8_t pad0_[16];

    struct figcom_life life;
    struct figcom_armed armed;
    uint8_t pad1_[128];
    struct figcom_progress progress[FIGCOM_PRIORITIES_MAX];
    struct figcom_stream stream[FIGCOM_PRIORITIES_MAX];

    /* The carrier's own: for Xen the grant reference of each page of the region. */
    uint32_t carrier[FIGCOM_CARRIER_WORDS];
};

/* descriptor flags */
#define FIGCOM_FLAG_SLAB 0x01 /* the payload lies in the slab at `offset`, not inline */
/*
 * Several messages of one length under this one head, since 1.2. The first
 * eight inline bytes are a figcom_batch; the messages follow one another in
 * the slab, or inline behind it. `length` is the bytes of all of them.
 */
#define FIGCOM_FLAG_BATCH 0x02

/*
 * A message. `sequence` is written last: it is
 *   (epoch & 0xffff) << 48 | (index + 1) & (2^48 - 1)
 * where index counts the ring's messages from 0; anything else there means
 * «not yet». The first 64-byte line holds 24 payload bytes, the second 64.
 */
struct figcom_descriptor {
    uint64_t sequence;
    uint64_t timestamp_ns; /* the sender's clock */
    uint32_t source;
    uint32_t target;
    uint16_t type;
    uint8_t priority;
    uint8_t flags;
    uint32_t length; /* payload bytes */
    uint64_t offset; /* from the slab's start */
    uint8_t payload[FIGCOM_INLINE_BYTES];
};

struct figcom_batch {
    uint32_t count; /* messages, 1 to FIGCOM_BATCH_MAX */
    uint32_t each;  /* bytes of one; count * each is the descriptor's length */
};

/*
 * A state that its owner replaces and its peer reads (a meta sync). Version v
 * lies in buffer v % 2. Two buffers follow this line. Since 1.1.
 */
struct figcom_state {
    uint64_t begun;  /* the newest version whose buffer may have changed: stored before the buffer */
    uint64_t newest; /* the newest complete version; 0: none. Stored after the buffer */
    uint8_t pad_[112];
};

/* Head of a buffer; the value follows. */
struct figcom_state_buffer {
    uint64_t timestamp_ns;
    uint64_t length;
};

static inline uint64_t figcom_state_buffer_stride(uint64_t state_bytes) {
    return (sizeof(struct figcom_state_buffer) + state_bytes + FIGCOM_LINE_BYTES - 1) / FIGCOM_LINE_BYTES *
           FIGCOM_LINE_BYTES;
}
static inline uint64_t figcom_state_stride(uint64_t state_bytes) {
    return sizeof(struct figcom_state) + 2 * figcom_state_buffer_stride(state_bytes);
}

static inline uint64_t figcom_sequence_word(uint64_t epoch, uint64_t index) {
    return ((epoch & UINT64_C(0xffff)) << 48) | ((index + 1) & UINT64_C(0xffffffffffff));
}

FIGCOM_ASSERT(sizeof(struct figcom_life) == FIGCOM_LINE_BYTES, "life fills one line");
FIGCOM_ASSERT(sizeof(struct figcom_armed) == FIGCOM_LINE_BYTES, "armed fills one line");
FIGCOM_ASSERT(sizeof(struct figcom_progress) == FIGCOM_LINE_BYTES, "progress fills one line");
FIGCOM_ASSERT(sizeof(struct figcom_stream) == 64, "stream fills one cache line");
FIGCOM_ASSERT(sizeof(struct figcom_state) == FIGCOM_LINE_BYTES, "state fills one line");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, state_offset) == 96, "state_offset");
FIGCOM_ASSERT(sizeof(struct figcom_region_header) == FIGCOM_HEADER_BYTES, "the header fills one page");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, abi_major) == 8, "abi_major");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, epoch) == 32, "epoch");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, ring_offset) == 64, "ring_offset");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, life) == 128, "life");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, armed) == 256, "armed");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, progress) == 512, "progress");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, stream) == 1536, "stream");
FIGCOM_ASSERT(offsetof(struct figcom_region_header, carrier) == 2048, "carrier");
FIGCOM_ASSERT(sizeof(struct figcom_batch) == 8, "batch");
FIGCOM_ASSERT(sizeof(struct figcom_descriptor) == FIGCOM_SLOT_BYTES, "a descriptor fills one slot");
FIGCOM_ASSERT(offsetof(struct figcom_descriptor, type) == 24, "type");
FIGCOM_ASSERT(offsetof(struct figcom_descriptor, length) == 28, "length");
FIGCOM_ASSERT(offsetof(struct figcom_descriptor, payload) == 40, "payload");

#endif

/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: MIT */
#ifndef ZETA_FIGCOM_WIRE_SYNC_H
#define ZETA_FIGCOM_WIRE_SYNC_H

/*
 * Redundant syncs: what a writer and its replicas say to each other, each
 * over a channel of its own. Each structure is a message's payload; the
 * descriptor's `type` names it. C11 and C++.
 */

#include "figcom-vbus/wire/region.h"

enum figcom_sync_type {
    FIGCOM_SYNC_RECORD = 64, /* writer: figcom_sync_record, then the record's bytes */
    FIGCOM_SYNC_COMMIT = 65, /* writer: figcom_sync_record without bytes: where the stream stands */
    FIGCOM_SYNC_ACK = 66     /* replica: what it holds; the first one asks to begin */
};

struct figcom_sync_record {
    uint64_t stream;       /* the stream's name; never 0 */
    uint64_t sequence;     /* 1, 2, 3 …; in a COMMIT the newest one */
    uint64_t acknowledged; /* every living replica held the records up to this one */
    uint64_t round;        /* how often the writer went back on this channel */
};

struct figcom_sync_ack {
    uint64_t stream;
    uint64_t held;   /* this replica holds every record up to this one */
    uint64_t round;  /* of the record that showed the gap */
    uint32_t repair; /* 1: send again from held + 1 */
    uint32_t reserved;
};

FIGCOM_ASSERT(sizeof(struct figcom_sync_record) == 32, "sync_record");
FIGCOM_ASSERT(sizeof(struct figcom_sync_ack) == 32, "sync_ack");

#endif

/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: MIT */
#ifndef ZETA_FIGCOM_WIRE_CONTROL_H
#define ZETA_FIGCOM_WIRE_CONTROL_H

/*
 * What a guest's agent and the broker say to each other over their control
 * channel, and what agents say to each other for a ping. Each structure is
 * the payload of one message; the descriptor's `type` names it. C11 and C++.
 */

#include "figcom-vbus/wire/region.h"

#define FIGCOM_NAME_BYTES 64 /* endpoint and service names, NUL-terminated */
#define FIGCOM_HISTOGRAM_BUCKETS 896
#define FIGCOM_ENDPOINT_BROKER 1 /* the number of the broker's own endpoint */

enum figcom_control_type {
    FIGCOM_HELLO = 1,           /* agent: who I am, always first */
    FIGCOM_REGISTER = 2,        /* agent: an endpoint that I serve */
    FIGCOM_READY = 3,           /* agent: everything that I have is announced */
    FIGCOM_CHANNEL_REQUEST = 4, /* agent: connect me to an endpoint */
    FIGCOM_CHANNEL_OPEN = 5,    /* broker: offer a region and a port to this peer */
    FIGCOM_CHANNEL_OFFER = 6,   /* agent: here they are */
    FIGCOM_CHANNEL_ACCEPT = 7,  /* broker: map that, offer your region in return */
    FIGCOM_CHANNEL_CONNECT = 8, /* broker: the other side's region; the channel is complete */
    FIGCOM_CHANNEL_UP = 9,      /* agent: mapped and live (also announces live channels after a re-attach) */
    FIGCOM_CHANNEL_CLOSE = 10,  /* both: this channel is over */
    FIGCOM_REFUSED = 11,        /* broker: a request was refused, and why */
    FIGCOM_PING_START = 12,     /* broker: run this ping */
    FIGCOM_PING_REPORT = 13,    /* agent: where the ping stands */
    FIGCOM_PING_FORGET = 14,    /* broker: the report arrived, drop the job */
    FIGCOM_REQUEST_CANCEL = 15, /* agent: nobody waits for this request any more. Since 1.2 */
    FIGCOM_CHANNEL_REVOKE = 16, /* broker: drop this channel now, whatever its other side says. Since 1.2 */
    FIGCOM_UNREGISTER = 17,     /* agent: a service that nobody serves any more; struct figcom_register. Since 1.2 */
    FIGCOM_COUNTERS_ASK = 24,   /* broker: tell the counters of each of your channels, once */
    FIGCOM_COUNTERS = 25,       /* agent: those of one channel */
    FIGCOM_ECHO_REQUEST = 32,   /* agent to agent */
    FIGCOM_ECHO_REPLY = 33
};

/* Agents of a minor below 2 are told the first three only. */
enum figcom_refusal {
    FIGCOM_REFUSED_POLICY = 1,    /* no rule allows it */
    FIGCOM_REFUSED_LIMIT = 2,     /* the asker's quota of channels is used up */
    FIGCOM_REFUSED_MALFORMED = 3, /* the request broke the format */
    FIGCOM_REFUSED_DIRECTION = 4, /* a rule allows the other direction only. Since 1.2, as all that follow */
    FIGCOM_REFUSED_KIND = 5,      /* a rule allows other kinds of traffic only */
    FIGCOM_REFUSED_AMOUNT = 6,    /* larger than the rule allows a channel or a message to be */
    FIGCOM_REFUSED_MEMORY = 7,    /* the asker's quota of shared memory is used up */
    FIGCOM_REFUSED_SETUPS = 8,    /* the asker's quota of set-ups at one time is used up */
    FIGCOM_REFUSED_TARGET = 9,    /* the serving side's quota is used up */
    FIGCOM_REFUSED_OLD_PEER = 10, /* the serving side's agent knows no such channels */
    FIGCOM_REFUSED_REVOKED = 11,  /* as the reason of a CHANNEL_REVOKE: an operator ended it */
    FIGCOM_REFUSED_SERVICE = 12   /* of request 0, from an agent to its program: a REGISTER; others serve that name */
};

enum figcom_kind {
    FIGCOM_KIND_STREAM = 1,   /* ordered messages, with a policy for each priority */
    FIGCOM_KIND_STATE = 2,    /* meta sync: states that one side replaces */
    FIGCOM_KIND_REDUNDANT = 3 /* one replica's path of a redundant sync: sync.h */
};

/* Who sends: messages, states or records. As bits. */
enum figcom_direction {
    FIGCOM_TO_SERVICE = 1,   /* the side that asked for the channel */
    FIGCOM_FROM_SERVICE = 2, /* the side that serves */
    FIGCOM_BOTH_WAYS = 3
};

enum figcom_back_pressure { FIGCOM_BLOCK = 0, FIGCOM_FAIL = 1, FIGCOM_DROP_OLDEST = 2, FIGCOM_LATEST_ONLY = 3 };

/*
 * What a channel is, since 1.2. It follows the structures of REQUEST, OPEN,
 * ACCEPT and UP; a message that ends before it means the shape that every
 * channel had before: one blocking stream both ways, 64 slots, 64 KiB of slab.
 */
struct figcom_shape {
    uint8_t kind;           /* enum figcom_kind */
    uint8_t direction;      /* enum figcom_direction */
    uint8_t priority_count; /* 1…FIGCOM_PRIORITIES_MAX */
    uint8_t reserved;
    uint32_t slot_count; /* per priority, of a side that sends; a power of two */
    uint32_t slab_bytes; /* of a side that sends, shared by its priorities */
    uint32_t state_count;
    uint32_t state_bytes;
    uint32_t notifications_per_s;            /* the broker's: a side lets itself be woken this often; 0: no limit */
    uint32_t notification_burst;             /* the broker's: and this often at once */
    uint8_t policies[FIGCOM_PRIORITIES_MAX]; /* enum figcom_back_pressure */
    uint32_t reserved2;
};

struct figcom_hello {
    uint64_t epoch;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t reserved;
};

struct figcom_register {
    char service[FIGCOM_NAME_BYTES];
};

/* `request` is the asking agent's own number and comes back in the answer. */
struct figcom_channel_request {
    uint64_t request;
    char guest[FIGCOM_NAME_BYTES];
    char service[FIGCOM_NAME_BYTES];
};

struct figcom_channel_open {
    uint64_t request;
    uint64_t channel_id;
    uint64_t epoch;
    uint32_t peer; /* domain id (Xen) */
    uint32_t own_endpoint;
    uint32_t peer_endpoint;
    uint32_t reserved;
};

struct figcom_channel_offer {
    uint64_t channel_id;
    uint64_t reference; /* grant of the header page (Xen) */
    uint64_t port;      /* 0 in the accepting side's offer: the port is shared */
};

struct figcom_channel_accept {
    uint64_t channel_id;
    uint64_t epoch;
    uint64_t reference;
    uint64_t port;
    uint32_t peer;
    uint32_t own_endpoint;
    uint32_t peer_endpoint;
    uint32_t reserved;
    char service[FIGCOM_NAME_BYTES];
};

struct figcom_channel_connect {
    uint64_t channel_id;
    uint64_t reference;
};

struct figcom_channel_up {
    uint64_t channel_id;
    uint64_t epoch;
    uint32_t peer;
    uint32_t initiator; /* 1 where this side asked for the channel */
    uint32_t own_endpoint;
    uint32_t peer_endpoint;
    char service[FIGCOM_NAME_BYTES];
};

struct figcom_channel_close {
    uint64_t channel_id;
};

struct figcom_channel_revoke {
    uint64_t channel_id;
    uint32_t reason; /* enum figcom_refusal */
    uint32_t reserved;
};

struct figcom_request_cancel {
    uint64_t request;
};

struct figcom_refused {
    uint64_t request;
    uint32_t reason; /* enum figcom_refusal */
    uint32_t reserved;
};

/* Running totals of a ping. sent = delivered + lost + what is in flight. */
struct figcom_ping_totals {
    uint64_t sent;
    uint64_t delivered;
    uint64_t lost;
    uint64_t unknown; /* the share of `lost` whose fate died with an agent that had not yet reported it */
    uint64_t duplicated;
    uint64_t out_of_order;
    uint64_t corrupt;
    uint64_t bytes_verified; /* both directions */
    uint64_t reserved_upto;  /* no sequence number beyond this one was used before the next report */
    uint64_t gap_count;
    uint64_t gap_total_ns;
    uint64_t gap_longest_ns;
    uint64_t peer_restarts;
    uint64_t source_restarts;
    uint64_t rtt_max_ns;
    uint64_t elapsed_ns;
    uint32_t histogram[FIGCOM_HISTOGRAM_BUCKETS]; /* of round trips; core/latency_histogram.hpp */
};

enum figcom_ping_state {
    FIGCOM_PING_RUNNING = 1,
    FIGCOM_PING_WAITING = 2, /* no channel to the target now */
    FIGCOM_PING_DONE = 3,
    FIGCOM_PING_TIMED_OUT = 4,
    FIGCOM_PING_REFUSED = 5
};

struct figcom_ping {
    uint64_t job;
    uint64_t count;
    uint32_t payload_bytes;
    uint32_t window;
    uint64_t timeout_ns; /* from this message on */
    uint64_t gap_age_ns; /* in a start after the source's death: how long ago it last reported */
    uint32_t state;      /* enum figcom_ping_state */
    uint32_t refusal;    /* enum figcom_refusal where state is REFUSED */
    char target[FIGCOM_NAME_BYTES];
    struct figcom_ping_totals totals;
};

struct figcom_ping_forget {
    uint64_t job;
};

struct figcom_counters_ask {
    uint64_t round;
};

/* One end's figures of a channel since it was set up. */
struct figcom_counters {
    uint64_t round; /* of the ask */
    uint64_t channel_id;
    uint64_t at_ns; /* the agent's boot clock: rates come from the difference of two */
    uint64_t sent;
    uint64_t sent_bytes;
    uint64_t received;
    uint64_t received_bytes;
    uint64_t in_flight; /* sent, and not yet taken by the peer as far as it has told */
    uint64_t queued;    /* waits in the agent for credit */
    uint64_t no_credit; /* tries that found no room */
    uint64_t dropped;   /* overwritten by us before the peer took them */
    uint64_t lost;      /* overwritten by the peer before we took them */
    uint64_t corrupt;
    uint64_t notifications; /* how often we woke the peer */
    uint32_t credits;       /* messages that fit into our rings */
    uint32_t reserved;
};

/* Head of a ping message; the pattern of the payload follows. */
struct figcom_echo {
    uint64_t job;
    uint64_t sequence;
    uint32_t payload_bytes;
    uint32_t peer_verdict; /* in a reply: enum figcom_echo_verdict bits */
};

enum figcom_echo_verdict {
    FIGCOM_ECHO_CORRUPT = 1,     /* the request's payload was not the pattern */
    FIGCOM_ECHO_DUPLICATED = 2,  /* this sequence number had come before */
    FIGCOM_ECHO_OUT_OF_ORDER = 4 /* a higher one had come before */
};

FIGCOM_ASSERT(sizeof(struct figcom_hello) == 16, "hello");
FIGCOM_ASSERT(sizeof(struct figcom_register) == 64, "register");
FIGCOM_ASSERT(sizeof(struct figcom_channel_request) == 136, "channel_request");
FIGCOM_ASSERT(sizeof(struct figcom_channel_open) == 40, "channel_open");
FIGCOM_ASSERT(sizeof(struct figcom_channel_offer) == 24, "channel_offer");
FIGCOM_ASSERT(sizeof(struct figcom_channel_accept) == 112, "channel_accept");
FIGCOM_ASSERT(sizeof(struct figcom_channel_connect) == 16, "channel_connect");
FIGCOM_ASSERT(sizeof(struct figcom_channel_up) == 96, "channel_up");
FIGCOM_ASSERT(sizeof(struct figcom_shape) == 40, "shape");
FIGCOM_ASSERT(sizeof(struct figcom_channel_revoke) == 16, "channel_revoke");
FIGCOM_ASSERT(sizeof(struct figcom_request_cancel) == 8, "request_cancel");
FIGCOM_ASSERT(sizeof(struct figcom_refused) == 16, "refused");
FIGCOM_ASSERT(sizeof(struct figcom_ping_totals) == 128 + 4 * FIGCOM_HISTOGRAM_BUCKETS, "ping_totals");
FIGCOM_ASSERT(sizeof(struct figcom_ping) == 112 + sizeof(struct figcom_ping_totals), "ping");
FIGCOM_ASSERT(sizeof(struct figcom_counters_ask) == 8, "counters_ask");
FIGCOM_ASSERT(sizeof(struct figcom_counters) == 120, "counters");
FIGCOM_ASSERT(sizeof(struct figcom_echo) == 24, "echo");

#endif

/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: MIT */
#ifndef ZETA_FIGCOM_H
#define ZETA_FIGCOM_H

/*
 * FIGCOM for C programs and everything that can call C: libfigcom.so.1.
 * C11 and C++. docs/reference/figcom-c-api.md has the errors and examples.
 *
 * A bus is one program's attachment to the broker; a channel is opened from
 * it, by name. Messages arrive whole or not at all, in order, once. The
 * library has no thread and installs no signal handler. A bus, with all its
 * channels, belongs to one thread at a time; two buses are independent.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the functions return: 0, or a length, or one of these. Numbers are stable. */
enum figcom_status {
    FIGCOM_OK = 0,
    FIGCOM_E_INTERNAL = -1,          /* a bug of the library's */
    FIGCOM_E_INVALID_ARGUMENT = -2,  /* a null pointer, a malformed name, a message longer than the channel carries */
    FIGCOM_E_NOT_FOUND = -3,         /* no such directory; inside a guest: no agent, or no /dev/xen devices */
    FIGCOM_E_PERMISSION_DENIED = -5, /* the policy denies this channel, or the broker revoked it */
    FIGCOM_E_UNAVAILABLE = -6,       /* the broker went away meanwhile; try again */
    FIGCOM_E_TIMEOUT = -7,           /* the time was over first; nothing was sent or taken */
    FIGCOM_E_LIMIT = -8,             /* a quota or a limit was reached */
    FIGCOM_E_UNSUPPORTED = -9,       /* an address of another kind, or a peer of another ABI */
    FIGCOM_E_CORRUPT = -10,          /* the peer broke the format */
    FIGCOM_E_CLOSED = -11,           /* the peer is gone, and all that it sent was taken */
    FIGCOM_E_TOO_SMALL = -12,        /* the buffer is smaller than the message, which stays to be taken */
    FIGCOM_E_IO = -14                /* the operating system failed */
};

#define FIGCOM_FOREVER INT64_C(-1) /* a timeout: wait without end; 0 never waits */

typedef struct figcom_bus figcom_bus;
typedef struct figcom_channel figcom_channel;

/* What a message carries besides its bytes. 24 bytes, no padding. */
typedef struct figcom_message_info {
    uint64_t timestamp_ns; /* the sender's monotonic clock when it was sent */
    uint32_t source;       /* endpoint numbers */
    uint32_t target;
    uint16_t type;
    uint8_t priority; /* 0 is the highest */
    uint8_t reserved[5];
} figcom_message_info;

/*
 * Attaches to the bus. `address` is NULL or "guest" inside a guest, where the guest's agent is found at
 * its usual place ("guest:DIRECTORY": at another one), or "local:DIRECTORY" for the broker of a host.
 * `name` is what this program goes by; inside a guest that is for the agent's log only, and others know it by the
 * guest's name. `services` (of service_count names, or NULL) are offered to others. One bus for each process
 * and directory.
 */
int figcom_attach(const char* address, const char* name, const char* const* services, size_t service_count,
                  int64_t timeout_ns, figcom_bus** bus);
/* Ends it. Channels of it stay usable until they are closed. NULL does nothing. */
void figcom_detach(figcom_bus* bus);

/* Opens a channel to a service of another program; waits until that program offers it. */
int figcom_open(figcom_bus* bus, const char* peer, const char* service, int64_t timeout_ns, figcom_channel** channel);
/* Takes the next channel that another program opened to one of our services. */
int figcom_accept(figcom_bus* bus, int64_t timeout_ns, figcom_channel** channel);
/* Closes a channel; what was sent can still be taken by the peer. NULL does nothing. */
void figcom_close(figcom_channel* channel);

/* Sends one message, waiting for room as long as the channel's timeout. 0, or an error and nothing was sent. */
int figcom_send(figcom_channel* channel, const void* data, size_t length);
/* Takes one message, waiting for it as long as the channel's timeout. Its length, or an error. */
int64_t figcom_recv(figcom_channel* channel, void* buffer, size_t max_length);

/* About the message that figcom_recv took last. */
int figcom_last_info(const figcom_channel* channel, figcom_message_info* info);
/* For the messages that follow. A new channel waits for ever and has type 0 and priority 0. */
int figcom_set_timeout(figcom_channel* channel, int64_t timeout_ns);
int figcom_set_type(figcom_channel* channel, uint16_t type);
int figcom_set_priority(figcom_channel* channel, uint8_t priority);
/* The longest message that this channel sends. */
size_t figcom_max_length(const figcom_channel* channel);

/* One line for people; never NULL. */
const char* figcom_strerror(int64_t status);
/* Major * 65536 + minor of the library that runs. */
uint32_t figcom_version(void);

#ifdef __cplusplus
}
#endif

#endif

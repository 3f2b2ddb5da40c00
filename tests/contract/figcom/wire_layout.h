/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The fields whose places are promised, seen by both languages. */

#include <stddef.h>
#include <stdint.h>

struct wire_field {
    const char* name;
    size_t offset;
    size_t bytes;
};

#define WIRE_FIELDS(FIELD)                                                                                             \
    FIELD(figcom_region_header, magic), FIELD(figcom_region_header, abi_major),                                        \
        FIELD(figcom_region_header, abi_minor), FIELD(figcom_region_header, header_bytes),                             \
        FIELD(figcom_region_header, features), FIELD(figcom_region_header, region_bytes),                              \
        FIELD(figcom_region_header, epoch), FIELD(figcom_region_header, channel_id),                                   \
        FIELD(figcom_region_header, owner_endpoint), FIELD(figcom_region_header, peer_endpoint),                       \
        FIELD(figcom_region_header, priority_count), FIELD(figcom_region_header, slot_count),                          \
        FIELD(figcom_region_header, ring_offset), FIELD(figcom_region_header, slab_offset),                            \
        FIELD(figcom_region_header, slab_bytes), FIELD(figcom_region_header, slot_bytes),                              \
        FIELD(figcom_region_header, carrier_words), FIELD(figcom_region_header, life),                                 \
        FIELD(figcom_region_header, state_offset), FIELD(figcom_region_header, state_count),                           \
        FIELD(figcom_region_header, state_bytes), FIELD(figcom_state, begun), FIELD(figcom_state, newest),             \
        FIELD(figcom_state_buffer, timestamp_ns), FIELD(figcom_state_buffer, length),                                  \
        FIELD(figcom_region_header, armed), FIELD(figcom_region_header, progress),                                     \
        FIELD(figcom_region_header, stream), FIELD(figcom_progress, consumed), FIELD(figcom_progress, lost),           \
        FIELD(figcom_stream, floor), FIELD(figcom_stream, refused), FIELD(figcom_region_header, carrier),              \
        FIELD(figcom_descriptor, sequence), FIELD(figcom_descriptor, timestamp_ns), FIELD(figcom_descriptor, source),  \
        FIELD(figcom_descriptor, target), FIELD(figcom_descriptor, type), FIELD(figcom_descriptor, priority),          \
        FIELD(figcom_descriptor, flags), FIELD(figcom_descriptor, length), FIELD(figcom_descriptor, offset),           \
        FIELD(figcom_descriptor, payload), FIELD(figcom_channel_request, guest),                                       \
        FIELD(figcom_channel_accept, service), FIELD(figcom_ping, target), FIELD(figcom_ping, totals),                 \
        FIELD(figcom_ping_totals, histogram), FIELD(figcom_echo, peer_verdict), FIELD(figcom_sync_record, stream),     \
        FIELD(figcom_sync_record, sequence), FIELD(figcom_sync_record, acknowledged),                                  \
        FIELD(figcom_sync_record, round), FIELD(figcom_sync_ack, held), FIELD(figcom_sync_ack, round),                 \
        FIELD(figcom_sync_ack, repair), FIELD(figcom_shape, kind), FIELD(figcom_shape, direction),                     \
        FIELD(figcom_shape, priority_count), FIELD(figcom_shape, slot_count), FIELD(figcom_shape, slab_bytes),         \
        FIELD(figcom_shape, state_count), FIELD(figcom_shape, state_bytes), FIELD(figcom_shape, notifications_per_s),  \
        FIELD(figcom_shape, notification_burst), FIELD(figcom_shape, policies), FIELD(figcom_channel_revoke, reason),  \
        FIELD(figcom_request_cancel, request), FIELD(figcom_batch, count), FIELD(figcom_batch, each)

#ifdef __cplusplus
extern "C" {
#endif
extern const struct wire_field wire_fields_from_c[];
extern const size_t wire_field_count_from_c;
uint64_t wire_sequence_from_c(uint64_t epoch, uint64_t index);
#ifdef __cplusplus
}
#endif

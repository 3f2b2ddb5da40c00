// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every carrier must do, run on a pair of peers. One call per carrier.

#include "figcom-vbus/core/carrier.hpp"

namespace zeta::figcom::conformance {

struct Peers {
    Carrier& a;
    PeerId a_id; // as b knows a
    Carrier& b;
    PeerId b_id;
};

void memory_is_shared_one_way(const Peers& peers);
void doorbells_ring_both_ways(const Peers& peers);
void bad_references_are_refused(const Peers& peers);
void a_channel_carries_messages_both_ways(const Peers& peers);
void lent_room_is_read_whole(const Peers& peers);
void batches_arrive_whole(const Peers& peers);
void sleeping_sides_are_woken(const Peers& peers);

} // namespace zeta::figcom::conformance

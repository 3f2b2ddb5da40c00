// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/state.hpp"

namespace zeta::figcom {

namespace {

std::uint64_t place_of(const RegionLayout& layout, std::uint32_t index) noexcept {
    return layout.state_offset + index * figcom_state_stride(layout.state_bytes);
}

} // namespace

StateWriter::StateWriter(std::span<std::byte> own, const RegionLayout& layout, std::uint32_t index) noexcept
    : state_(reinterpret_cast<figcom_state*>(own.data() + place_of(layout, index))),
      buffers_(reinterpret_cast<std::byte*>(state_ + 1)), stride_(figcom_state_buffer_stride(layout.state_bytes)) {}

// Version v lies in buffer v % 2. `begun` is stored before the first word of a buffer is, and those are
// release stores: a reader that copied one word of version v + 2 sees that it has begun.
std::uint64_t StateWriter::write(std::uint64_t timestamp_ns, std::span<const std::byte> payload) noexcept {
    ++version_;
    std::byte* const buffer = buffers_ + (version_ & 1) * stride_;
    auto* const head = reinterpret_cast<figcom_state_buffer*>(buffer);
    store_release(state_->begun, version_);
    store_release(head->timestamp_ns, timestamp_ns);
    store_release(head->length, payload.size());
    store_racing(head + 1, payload.data(), payload.size());
    store_sequential(state_->newest, version_);
    return version_;
}

StateReader::StateReader(std::span<const std::byte> peer, const RegionLayout& layout, std::uint32_t index) noexcept
    : state_(reinterpret_cast<const figcom_state*>(peer.data() + place_of(layout, index))),
      buffers_(reinterpret_cast<const std::byte*>(state_ + 1)), stride_(figcom_state_buffer_stride(layout.state_bytes)),
      state_bytes_(layout.state_bytes) {}

Result<StateHead> StateReader::read(std::span<std::byte> buffer) noexcept {
    for (int attempt = 0; attempt < kReadTries; ++attempt) {
        const std::uint64_t version = load_acquire(state_->newest);
        if (version < seen_) {
            return fail(ErrorCode::kCorrupt, "read a state: its version went backwards");
        }
        if (version == 0) {
            return fail(ErrorCode::kNotFound, "read a state: none was written yet");
        }
        const std::byte* const place = buffers_ + (version & 1) * stride_;
        const auto* const head = reinterpret_cast<const figcom_state_buffer*>(place);
        const StateHead found{
            .version = version, .timestamp_ns = load_acquire(head->timestamp_ns), .length = load_acquire(head->length)};
        const bool fits = found.length <= state_bytes_ && found.length <= buffer.size();
        if (fits) {
            load_racing(buffer.data(), head + 1, found.length);
        }
        if (load_acquire(state_->begun) >= version + 2) {
            ++counters_.overtaken;
            continue;
        }
        if (!fits) {
            return found.length > state_bytes_ ? fail(ErrorCode::kCorrupt, "read a state: longer than its place")
                                               : fail(ErrorCode::kInvalidArgument, "read a state: buffer too small");
        }
        counters_.unseen += version > seen_ ? version - seen_ - 1 : 0;
        ++counters_.read;
        seen_ = version;
        return found;
    }
    return fail(ErrorCode::kUnavailable, "read a state: its writer never held still");
}

} // namespace zeta::figcom

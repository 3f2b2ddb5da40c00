// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Redundant syncs of an interface: records of one struct. Layer 1; over figcom-vbus/core/redundant.hpp.

#include "figcom-vbus/core/redundant.hpp"
#include "figcom-vbus/idl/runtime/codec.hpp"

namespace zeta::figcom::idl {

/// What a record stream is, from the interface file.
struct RecordStream {
    std::uint64_t stream;
    std::size_t copies;
    std::uint16_t major;
    std::uint16_t minor;
    std::uint16_t since;
};

inline constexpr std::size_t kRecordBytesMax = 4096; ///< of any version, head included

template <typename T, RecordStream kStream>
class RecordWriter {
    static_assert(kHeadBytes + Codec<T>::kBytes <= kRecordBytesMax);

public:
    /// Errors: as RedundantWriter::create.
    [[nodiscard]] static Result<RecordWriter> create(std::size_t log_records = 1024) {
        ZETA_TRY_ASSIGN(auto writer, RedundantWriter::create({.stream = kStream.stream,
                                                              .replicas_needed = kStream.copies,
                                                              .log_records = log_records,
                                                              .record_bytes_max = kHeadBytes + Codec<T>::kBytes}));
        return RecordWriter{std::move(writer)};
    }
    /// Errors: kInvalidArgument a value outside of its range, its operation names the field; as
    /// RedundantWriter::append.
    [[nodiscard]] Result<std::uint64_t> append(const T& record) {
        std::array<std::byte, kHeadBytes + Codec<T>::kBytes> bytes; // NOLINT(*-member-init): encode() fills it
        const Head head{.major = kStream.major, .minor = kStream.minor, .request = 0};
        if (const Fault fault = encode(bytes.data(), head, record)) {
            return fail(ErrorCode::kInvalidArgument, fault.where);
        }
        return writer_.append(bytes);
    }
    /// For add_replica(), pump(), wait() and the counters.
    [[nodiscard]] RedundantWriter& stream() noexcept { return writer_; }

private:
    explicit RecordWriter(RedundantWriter writer) : writer_(std::move(writer)) {}
    RedundantWriter writer_;
};

template <typename T, RecordStream kStream>
class RecordReader {
public:
    /// `record` is nullptr where `fault` says why. A refused record counts as held: the writer would send
    /// nothing better.
    using OnRecord = std::function<void(std::uint64_t sequence, const T* record, const Fault& fault)>;

    /// `held`: what this replica has already, from a snapshot or an earlier life.
    explicit RecordReader(OnRecord on_record, std::uint64_t held = 0)
        : reader_({.stream = kStream.stream, .held = held, .record_bytes_max = kRecordBytesMax},
                  [handler = std::move(on_record)](std::uint64_t sequence, std::span<const std::byte> bytes) {
                      Head head;
                      T record;
                      const Fault fault =
                          decode(bytes, {.major = kStream.major, .minor = kStream.minor, .since = kStream.since}, head,
                                 record);
                      handler(sequence, fault ? nullptr : &record, fault);
                  }) {}
    /// For add_channel(), pump(), wait() and the counters.
    [[nodiscard]] RedundantReader& stream() noexcept { return reader_; }

private:
    RedundantReader reader_;
};

} // namespace zeta::figcom::idl

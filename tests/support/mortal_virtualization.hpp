// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// libvirt with death in it: forwards to a real Virtualization and, at the n-th
// step, throws Death before or after it, as if zetad had died there, or makes
// the step fail. zetad itself catches nothing on this way.

#include "control-domain/zetad/virtualization.hpp"

#include <cstddef>

namespace zeta::test {

struct Death {};

enum class Fate : unsigned char { kNone, kDieBefore, kDieAfter, kFail };

class MortalVirtualization final : public zetad::Virtualization {
public:
    explicit MortalVirtualization(zetad::Virtualization& real) : real_(real) {}

    /// The fate of the `step`-th changing call from now, counting from 0.
    void set_fate(Fate fate, std::size_t step) {
        fate_ = fate;
        left_ = step;
    }
    [[nodiscard]] std::size_t steps() const { return steps_; }

    Checked<model::XmlDialect> dialect() override { return real_.dialect(); }
    Checked<zetad::HostView> host() override { return real_.host(); }
    Checked<std::vector<zetad::DomainView>> list() override { return real_.list(); }
    Checked<std::optional<zetad::DomainView>> find_by_uuid(std::string_view uuid) override {
        return real_.find_by_uuid(uuid);
    }
    Checked<std::optional<zetad::DomainView>> find_by_name(std::string_view domain_name) override {
        return real_.find_by_name(domain_name);
    }
    Checked<std::string> metadata(std::string_view uuid) override { return real_.metadata(uuid); }
    Checked<void> define(const std::string& xml) override {
        return step([&] { return real_.define(xml); });
    }
    Checked<void> set_autostart(std::string_view uuid, bool on) override {
        return step([&] { return real_.set_autostart(uuid, on); });
    }
    Checked<void> start(std::string_view uuid) override {
        return step([&] { return real_.start(uuid); });
    }
    Checked<void> destroy(std::string_view uuid) override {
        return step([&] { return real_.destroy(uuid); });
    }
    Checked<void> undefine(std::string_view uuid) override {
        return step([&] { return real_.undefine(uuid); });
    }
    Checked<void> make_durable() override {
        return step([&] { return real_.make_durable(); });
    }

private:
    template <typename Call>
    Checked<void> step(Call call) {
        ++steps_;
        const bool now = fate_ != Fate::kNone && left_-- == 0;
        const Fate fate = now ? fate_ : Fate::kNone;
        if (now) {
            fate_ = Fate::kNone;
        }
        if (fate == Fate::kDieBefore) {
            throw Death{};
        }
        if (fate == Fate::kFail) {
            return refuse(ErrorCode::kInternal, "made to fail by the test");
        }
        auto done = call();
        if (fate == Fate::kDieAfter) {
            throw Death{};
        }
        return done;
    }

    zetad::Virtualization& real_;
    Fate fate_{Fate::kNone};
    std::size_t left_{0};
    std::size_t steps_{0};
};

} // namespace zeta::test

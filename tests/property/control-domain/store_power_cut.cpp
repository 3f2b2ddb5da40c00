// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The power goes at a random write or sync of the store, and unsynced sectors survive by luck. The store then opens,
// holds everything that was acknowledged, and the change under way either whole or not at all.
#include "control-domain/zetad/store.hpp"
#include "tests/support/power_cut_files.hpp"

#include <catch2/catch_test_macros.hpp>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <rapidcheck.h>
#pragma GCC diagnostic pop

#include <format>
#include <map>

using namespace zeta;
using namespace zeta::zetad;

namespace {

constexpr const char* kPath = "/state.db";
using Model = std::map<std::string, GuestRecord>;

struct Step {
    int kind; ///< 0 insert, 1 present, 2 deleting, 3 erase
    int guest;
};

/// What the step makes of `model`; the same rules as the store's.
Model after(Model model, const Step& step) {
    const std::string uuid = std::format("u{}", step.guest);
    if (step.kind == 0) {
        model.try_emplace(uuid, GuestRecord{uuid, std::format("g{}", step.guest), GuestPhase::kCreating,
                                            std::string(static_cast<std::size_t>(step.guest) * 700, 's'), step.guest});
    } else if (step.kind == 3) {
        model.erase(uuid);
    } else if (const auto found = model.find(uuid); found != model.end()) {
        found->second.phase = step.kind == 1 ? GuestPhase::kPresent : GuestPhase::kDeleting;
    }
    return model;
}

void carry_out(Store& store, const Step& step) {
    const std::string uuid = std::format("u{}", step.guest);
    if (step.kind == 0) {
        static_cast<void>(store.insert(after({}, step).begin()->second));
    } else if (step.kind == 3) {
        static_cast<void>(store.erase(uuid));
    } else {
        static_cast<void>(store.set_phase(uuid, step.kind == 1 ? GuestPhase::kPresent : GuestPhase::kDeleting));
    }
}

Model content(Store& store) {
    const auto all = store.all();
    RC_ASSERT(all.has_value());
    Model model;
    for (const GuestRecord& record : *all) {
        model.emplace(record.uuid, record);
    }
    return model;
}

void one_life() {
    test::PowerCutFiles files;
    const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
        rc::gen::set(&Step::kind, rc::gen::inRange(0, 4)), rc::gen::set(&Step::guest, rc::gen::inRange(0, 6))));
    // A first start takes some 15 operations, and each step a few.
    files.cut_at(*rc::gen::inRange<std::size_t>(0, 20 + 4 * steps.size()));
    Model sure;
    Model maybe;
    if (const auto store = Store::open(kPath, test::PowerCutFiles::kName)) {
        for (const Step& step : steps) {
            maybe = after(sure, step);
            carry_out(**store, step);
            if (files.is_cut()) {
                break;
            }
            sure = maybe;
        }
    }
    RC_CLASSIFY(files.is_cut(), "cut");
    RC_CLASSIFY(!sure.empty(), "holds guests");
    if (!files.is_cut()) {
        maybe = sure;
    }
    files.restore(*rc::gen::arbitrary<std::uint32_t>());
    const auto store = Store::open(kPath, test::PowerCutFiles::kName);
    RC_ASSERT(store.has_value());
    const Model found = content(**store);
    RC_ASSERT(found == sure || found == maybe);
}

} // namespace

TEST_CASE("a power cut loses nothing that was acknowledged and leaves nothing half done") {
    CHECK(rc::check("power cut", one_life));
}

// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// guest.* and template.*: what is asked and answered about guests.
#include "control-domain/zetad/calls_table.hpp"

#include "control-domain/model/size.hpp"

#include <array>
#include <format>

namespace zeta::zetad {

namespace {

using nlohmann::json;

json spec_json(const model::GuestSpec& spec) {
    return {{"name", spec.name},
            {"template", spec.template_name},
            {"description", spec.description},
            {"type", name(spec.type)},
            {"memory_bytes", spec.memory.value},
            {"vcpus", spec.vcpus},
            {"kernel", spec.kernel},
            {"initrd", spec.initrd},
            {"cmdline", spec.cmdline},
            {"autostart", spec.autostart}};
}

json guest_json(const GuestView& view, BeatReader& beats) {
    json guest{{"name", view.domain.name},
               {"uuid", view.domain.uuid},
               {"state", view.domain.state},
               {"active", view.domain.active},
               {"autostart", view.domain.autostart},
               {"memory_bytes", view.domain.memory.value},
               {"vcpus", view.domain.vcpus},
               {"managed", view.managed},
               {"domid", nullptr},
               {"beat", beat_json(beats, view.domain)}};
    if (view.domain.domid) {
        guest["domid"] = view.domain.domid->value;
    }
    if (view.spec) {
        guest["spec"] = spec_json(*view.spec);
        guest["created_unix"] = view.created_unix;
    }
    return guest;
}

/// The parameters that guest.create and guest.check share.
Checked<GuestRequest> request_of(Params& params) {
    GuestRequest request;
    auto spec = params.text_or("spec", "");
    auto source = params.text_or("source", "specification");
    auto flags = params.text_or("flags", "");
    auto start = params.truth_or("start", true);
    if (!spec || !source || !flags) {
        return std::unexpected(!spec ? spec.error() : !source ? source.error() : flags.error());
    }
    if (!start) {
        return std::unexpected(start.error());
    }
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    return GuestRequest{std::move(*spec), printable(*source, 200), std::move(*flags), *start};
}

/// The one parameter "name" of most calls.
Checked<std::string> only_name(Params& params) {
    auto text = params.text("name");
    if (!text) {
        return text;
    }
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    return text;
}

Answered done(const Checked<void>& result) {
    if (!result) {
        return std::unexpected(result.error());
    }
    return json::object();
}

Answered shown(const Checked<GuestView>& view, BeatReader& beats) {
    if (!view) {
        return std::unexpected(view.error());
    }
    return guest_json(*view, beats);
}

Answered guest_create(Services& services, Params& params) {
    const auto request = request_of(params);
    if (!request) {
        return std::unexpected(request.error());
    }
    return shown(services.guests.create(*request), services.beats);
}

Answered guest_check(Services& services, Params& params) {
    const auto request = request_of(params);
    if (!request) {
        return std::unexpected(request.error());
    }
    const auto spec = services.guests.check(*request);
    if (!spec) {
        return std::unexpected(spec.error());
    }
    return json{{"spec", spec_json(*spec)}, {"toml", model::to_toml(*spec)}};
}

Answered guest_list(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto views = services.guests.list();
    if (!views) {
        return std::unexpected(views.error());
    }
    json list = json::array();
    for (const GuestView& view : *views) {
        list.push_back(guest_json(view, services.beats));
    }
    return json{{"guests", std::move(list)}};
}

Answered guest_show(Services& services, Params& params) {
    const auto guest_name = only_name(params);
    return guest_name ? shown(services.guests.show(*guest_name), services.beats)
                      : Answered(std::unexpected(guest_name.error()));
}

Answered guest_start(Services& services, Params& params) {
    const auto guest_name = only_name(params);
    return guest_name ? shown(services.guests.start(*guest_name), services.beats)
                      : Answered(std::unexpected(guest_name.error()));
}

Answered guest_destroy(Services& services, Params& params) {
    const auto guest_name = only_name(params);
    return guest_name ? done(services.guests.destroy(*guest_name)) : Answered(std::unexpected(guest_name.error()));
}

Answered guest_delete(Services& services, Params& params) {
    const auto force = params.truth_or("force", false);
    if (!force) {
        return std::unexpected(force.error());
    }
    const auto guest_name = only_name(params);
    return guest_name ? done(services.guests.remove(*guest_name, *force))
                      : Answered(std::unexpected(guest_name.error()));
}

json template_json(const model::Template& made) {
    json fields = json::object();
    const model::GuestFields& from = made.fields;
    if (from.type) {
        fields["type"] = name(*from.type);
    }
    if (from.memory) {
        fields["memory_bytes"] = from.memory->value;
    }
    if (from.vcpus) {
        fields["vcpus"] = *from.vcpus;
    }
    if (from.autostart) {
        fields["autostart"] = *from.autostart;
    }
    for (const auto& [key, text] : {std::pair("kernel", &from.kernel), std::pair("kernel_hvm", &made.kernel_hvm),
                                    std::pair("initrd", &from.initrd), std::pair("cmdline", &from.cmdline)}) {
        if (*text) {
            fields[key] = **text;
        }
    }
    return {{"name", made.name}, {"summary", made.summary}, {"fields", std::move(fields)}};
}

Answered template_show(Services& services, Params& params) {
    const auto template_name = only_name(params);
    if (!template_name) {
        return std::unexpected(template_name.error());
    }
    const auto found = services.templates.read(*template_name);
    if (!found) {
        return std::unexpected(found.error());
    }
    return template_json(*found);
}

/// A template that breaks a rule is listed with its complaint, so that one bad file hides no other.
Answered template_list(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto names = services.templates.names();
    if (!names) {
        return std::unexpected(names.error());
    }
    json list = json::array();
    for (const std::string& template_name : *names) {
        const auto read = services.templates.read(template_name);
        list.push_back(read ? template_json(*read) : json{{"name", template_name}, {"error", read.error().text}});
    }
    return json{{"templates", std::move(list)}};
}

constexpr std::array kCalls{
    Call{"guest.check", Lane::kLook, guest_check},     Call{"guest.create", Lane::kChange, guest_create},
    Call{"guest.delete", Lane::kChange, guest_delete}, Call{"guest.destroy", Lane::kChange, guest_destroy},
    Call{"guest.list", Lane::kLook, guest_list},       Call{"guest.show", Lane::kLook, guest_show},
    Call{"guest.start", Lane::kChange, guest_start},   Call{"template.list", Lane::kLook, template_list},
    Call{"template.show", Lane::kLook, template_show},
};

} // namespace

std::span<const Call> guest_calls() { return kCalls; }

json beat_json(BeatReader& beats, const DomainView& domain) {
    if (!domain.domid) {
        return nullptr;
    }
    const auto health = beats.read(*domain.domid);
    if (!health) {
        return {{"unknown", describe(health.error())}};
    }
    json beat{{"beats", health->beats}, {"word", health->word}, {"since_beat_ms", nullptr}, {"healthy", false}};
    if (health->since_beat) {
        beat["since_beat_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(*health->since_beat).count();
        beat["healthy"] = *health->since_beat <= kBeatPatience;
    }
    return beat;
}

} // namespace zeta::zetad

// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/compare.hpp"

#include <algorithm>
#include <format>

namespace zeta::idlgen {

namespace {

class Comparer {
public:
    Comparer(const Interface& older, const Interface& newer) : older_(older), newer_(newer) {}

    Comparison run() {
        result_.major_raised = newer_.major > older_.major;
        versions();
        enums();
        structs();
        services();
        const bool grown = std::ranges::any_of(result_.changes, [](const Change& change) { return !change.breaking; });
        if (grown && newer_.major == older_.major && newer_.minor <= older_.minor) {
            breaking("version: something was added, and the minor version is still {}.{}", older_.major, older_.minor);
        }
        return std::move(result_);
    }

private:
    template <typename... Args>
    void breaking(std::format_string<Args...> form, Args&&... args) {
        result_.changes.push_back({true, std::format(form, std::forward<Args>(args)...)});
    }
    template <typename... Args>
    void compatible(std::format_string<Args...> form, Args&&... args) {
        result_.changes.push_back({false, std::format(form, std::forward<Args>(args)...)});
    }
    template <typename T>
    void same(const std::string& where, std::string_view what, const T& was, const T& is) {
        if (was != is) {
            breaking("{}: {} was {}, is {}", where, what, was, is);
        }
    }
    /// Something new says since when, so that older peers are recognised.
    void added(const std::string& what, std::uint16_t since) {
        if (newer_.major == older_.major && since <= older_.minor) {
            breaking("{}: was added without \"since\" a minor version above {}.{}", what, older_.major, older_.minor);
        } else {
            compatible("{}: was added", what);
        }
    }
    template <typename T>
    [[nodiscard]] static const T* find(const std::vector<T>& list, std::string_view name) {
        const auto found = std::ranges::find(list, name, &T::name);
        return found == list.end() ? nullptr : &*found;
    }

    void versions() {
        if (older_.name() != newer_.name()) {
            breaking("interface: was called {}, is called {}", older_.name(), newer_.name());
        }
        if (newer_.major < older_.major || (newer_.major == older_.major && newer_.minor < older_.minor)) {
            breaking("version: was {}.{}, is {}.{}", older_.major, older_.minor, newer_.major, newer_.minor);
        }
    }

    void enums() {
        for (const EnumType& was : older_.enums) {
            if (const EnumType* const is = find(newer_.enums, was.name)) {
                one_enum(was, *is);
            } else {
                breaking("enum {}: is gone", was.name);
            }
        }
        for (const EnumType& is : newer_.enums) {
            if (find(older_.enums, is.name) == nullptr) {
                compatible("enum {}: was added", is.name);
            }
        }
    }

    void one_enum(const EnumType& was, const EnumType& is) {
        const std::string where = "enum " + was.name;
        same(where, "its type", name(was.base), name(is.base));
        same<std::string_view>(where, "it", was.open ? "open" : "closed", is.open ? "open" : "closed");
        for (const EnumValue& value : was.values) {
            if (const EnumValue* const now = find(is.values, value.name)) {
                same(std::format("{}, value {}", where, value.name), "its number", to_text(value.number),
                     to_text(now->number));
                same(std::format("{}, value {}", where, value.name), "its \"since\"", value.since, now->since);
            } else {
                breaking("{}, value {}: is gone", where, value.name);
            }
        }
        for (const EnumValue& value : is.values) {
            if (find(was.values, value.name) != nullptr) {
                continue;
            }
            if (was.open && is.open) {
                added(std::format("{}, value {}", where, value.name), value.since);
            } else {
                breaking("{}, value {}: was added to a closed enum, whose older readers refuse it", where, value.name);
            }
        }
    }

    void structs() {
        for (const StructType& was : older_.structs) {
            if (const StructType* const is = find(newer_.structs, was.name)) {
                one_struct(was, *is);
            } else {
                breaking("struct {}: is gone", was.name);
            }
        }
        for (const StructType& is : newer_.structs) {
            if (find(older_.structs, is.name) == nullptr) {
                compatible("struct {}: was added", is.name);
            }
        }
    }

    void one_struct(const StructType& was, const StructType& is) {
        for (std::size_t i = 0; i < was.fields.size(); ++i) {
            const Field& field = was.fields[i];
            const Field* const now = find(is.fields, field.name);
            const std::string where = std::format("struct {}, field {}", was.name, field.name);
            if (now == nullptr) {
                breaking("{}: is gone", where);
                continue;
            }
            same(where, "its place", i, static_cast<std::size_t>(now - is.fields.data()));
            same(where, "its type", to_text(older_, field.type), to_text(newer_, now->type));
            same(where, "its range", range_text(field), range_text(*now));
            same(where, "its \"since\"", field.since, now->since);
            if (initial_text(older_, field) != initial_text(newer_, *now)) {
                // Two programs would read different values from the same older message.
                if (field.since != 0) {
                    breaking("{}: its first value was {}, is {}", where, initial_text(older_, field),
                             initial_text(newer_, *now));
                } else {
                    compatible("{}: its first value was {}, is {}", where, initial_text(older_, field),
                               initial_text(newer_, *now));
                }
            }
        }
        for (const Field& field : is.fields) {
            if (find(was.fields, field.name) == nullptr) {
                added(std::format("struct {}, field {}", is.name, field.name), field.since);
            }
        }
    }

    static std::string range_text(const Field& field) {
        return field.range ? std::format("{}..{}", to_text(field.range->low), to_text(field.range->high)) : "none";
    }
    static std::string initial_text(const Interface& interface, const Field& field) {
        if (!field.initial) {
            return "zero";
        }
        if (const auto* flag = std::get_if<bool>(&*field.initial)) {
            return *flag ? "true" : "false";
        }
        if (const auto* number = std::get_if<Number>(&*field.initial)) {
            return to_text(*number);
        }
        if (const auto* text = std::get_if<std::string>(&*field.initial)) {
            return std::format("\"{}\"", *text);
        }
        return interface.enums[field.type.index].values[std::get<std::size_t>(*field.initial)].name;
    }

    void services() {
        for (const Service& was : older_.services) {
            if (const Service* const is = find(newer_.services, was.name)) {
                streams(was, *is);
                metas(was, *is);
                redundants(was, *is);
            } else {
                breaking("service {}: is gone", was.name);
            }
        }
        for (const Service& is : newer_.services) {
            if (find(older_.services, is.name) == nullptr) {
                compatible("service {}: was added", is.name);
            }
        }
    }

    void streams(const Service& was, const Service& is) {
        for (const Stream& stream : was.streams) {
            const Stream* const now = find(is.streams, stream.name);
            const std::string where = std::format("service {}, stream {}", was.name, stream.name);
            if (now == nullptr) {
                breaking("{}: is gone", where);
                continue;
            }
            same(where, "its priority", unsigned{stream.priority}, unsigned{now->priority});
            same(where, "its policy", name(stream.policy), name(now->policy));
        }
        for (const Stream& stream : is.streams) {
            if (find(was.streams, stream.name) == nullptr) {
                breaking("service {}, stream {}: was added, and channels of older programs have no ring for it",
                         is.name, stream.name);
            }
        }
        messages(was, is);
    }

    void messages(const Service& was, const Service& is) {
        const std::vector<Placed> before = messages_of(was);
        const std::vector<Placed> after = messages_of(is);
        const auto in = [](const std::vector<Placed>& list, const std::string& name) {
            const auto found = std::ranges::find(list, name, [](const Placed& one) { return one.message->name; });
            return found == list.end() ? nullptr : &*found;
        };
        for (const Placed& one : before) {
            const std::string where = std::format("service {}, message {}", was.name, one.message->name);
            if (const Placed* const now = in(after, one.message->name)) {
                one_message(where, one, *now);
            } else {
                breaking("{}: is gone", where);
            }
        }
        for (const Placed& one : after) {
            if (in(before, one.message->name) == nullptr) {
                added(std::format("service {}, message {}", is.name, one.message->name), one.message->since);
            }
        }
    }

    void one_message(const std::string& where, const Placed& was, const Placed& is) {
        const Message& a = *was.message;
        const Message& b = *is.message;
        same(where, "its number", a.number, b.number);
        same(where, "its stream", was.stream->name, is.stream->name);
        same(where, "its struct", older_.structs[a.body].name, newer_.structs[b.body].name);
        same(where, "its sender", name(a.from), name(b.from));
        same(where, "its \"since\"", a.since, b.since);
        if (a.reply.has_value() != b.reply.has_value()) {
            breaking("{}: was a {}, is a {}", where, a.reply ? "request" : "message", b.reply ? "request" : "message");
        } else if (a.reply) {
            same(where, "its reply's number", a.reply->number, b.reply->number);
            same(where, "its reply's struct", older_.structs[a.reply->body].name, newer_.structs[b.reply->body].name);
        }
    }

    void metas(const Service& was, const Service& is) {
        for (const Meta& meta : was.metas) {
            const Meta* const now = find(is.metas, meta.name);
            const std::string where = std::format("service {}, meta sync {}", was.name, meta.name);
            if (now == nullptr) {
                breaking("{}: is gone", where);
                continue;
            }
            same(where, "its number", meta.index, now->index);
            same(where, "its struct", older_.structs[meta.body].name, newer_.structs[now->body].name);
            same(where, "its writer", name(meta.from), name(now->from));
            same(where, "its \"since\"", meta.since, now->since);
        }
        for (const Meta& meta : is.metas) {
            if (find(was.metas, meta.name) == nullptr) {
                added(std::format("service {}, meta sync {}", is.name, meta.name), meta.since);
            }
        }
    }

    void redundants(const Service& was, const Service& is) {
        for (const Redundant& one : was.redundants) {
            const Redundant* const now = find(is.redundants, one.name);
            const std::string where = std::format("service {}, redundant sync {}", was.name, one.name);
            if (now == nullptr) {
                breaking("{}: is gone", where);
                continue;
            }
            same(where, "its number", one.stream, now->stream);
            same(where, "its struct", older_.structs[one.body].name, newer_.structs[now->body].name);
            same(where, "its \"since\"", one.since, now->since);
            if (one.copies != now->copies) {
                compatible("{}: copies were {}, are {}", where, one.copies, now->copies);
            }
        }
        for (const Redundant& one : is.redundants) {
            if (find(was.redundants, one.name) == nullptr) {
                added(std::format("service {}, redundant sync {}", is.name, one.name), one.since);
            }
        }
    }

    const Interface& older_;
    const Interface& newer_;
    Comparison result_;
};

} // namespace

bool Comparison::sound() const noexcept { return major_raised || std::ranges::none_of(changes, &Change::breaking); }

Comparison compare(const Interface& older, const Interface& newer) { return Comparer{older, newer}.run(); }

} // namespace zeta::idlgen

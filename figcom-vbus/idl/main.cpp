// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// figcom-idl: interface files to C++, Python and JSON. docs/reference/figcom-idl.md.
#include "figcom-vbus/idl/compare.hpp"
#include "figcom-vbus/idl/completion.hpp"
#include "figcom-vbus/idl/parser.hpp"
#include "figcom-vbus/idl/writers.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <CLI/CLI.hpp>
#pragma GCC diagnostic pop

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <format>

namespace {

using namespace zeta::idlgen;

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kUsage = 2;

constexpr const char* kFooter =
    "FILE is an interface file (.figcom); - reads standard input. Without --output the text goes to standard\n"
    "output; a file that would not change is left alone, and one that fails is never half written.\n"
    "compare prints a line for each change, \"breaking:\" or \"compatible:\", and is content when nothing breaks or\n"
    "the major version was raised.\n"
    "Exit status: 0 done, 1 the file is wrong or the change breaks, 2 wrong command line.";

struct Options {
    std::string file;
    std::string newer;
    std::string output;
    std::string space;
    std::string shell;
};

int complain(const std::string& line, int status = kRefused) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return status;
}

/// Nothing where the file cannot be read; that was said then.
std::optional<std::string> read_whole(const std::string& path) {
    std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
    std::string text;
    char chunk[65536];
    std::size_t got = 0;
    // One byte beyond the limit is enough for the parser to refuse it.
    while (file != nullptr && text.size() <= kFileBytesMax && (got = std::fread(chunk, 1, sizeof chunk, file)) != 0) {
        text.append(static_cast<const char*>(chunk), got);
    }
    const int error = errno;
    const bool failed = file == nullptr || std::ferror(file) != 0;
    if (file != nullptr && file != stdin) {
        std::fclose(file);
    }
    if (failed) {
        complain(std::format("figcom-idl: cannot read {}: {}", path, std::strerror(error)));
        return std::nullopt;
    }
    return text;
}

std::optional<Interface> load(const std::string& path) {
    const std::optional<std::string> text = read_whole(path);
    if (!text) {
        return std::nullopt;
    }
    auto interface = parse(*text);
    if (!interface) {
        complain(to_line(path, interface.error()));
        return std::nullopt;
    }
    return std::move(*interface);
}

/// Whole or not at all: under another name first, then renamed.
int write_whole(const std::string& path, const std::string& text) {
    if (path.empty()) {
        const bool put = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
        return put ? kDone : complain(std::format("figcom-idl: cannot write: {}", std::strerror(errno)));
    }
    const std::string other = std::format("{}.{}.new", path, ::getpid());
    std::FILE* const file = std::fopen(other.c_str(), "wb");
    bool put = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    int error = errno;
    if (file != nullptr && std::fclose(file) != 0) {
        error = put ? errno : error;
        put = false;
    }
    if (put && std::rename(other.c_str(), path.c_str()) != 0) {
        error = errno;
        put = false;
    }
    if (!put) {
        std::remove(other.c_str());
        return complain(std::format("figcom-idl: cannot write {}: {}", path, std::strerror(error)));
    }
    return kDone;
}

int generate(const Options& options, std::string (*to_text)(const Interface&, std::string_view)) {
    std::optional<Interface> interface = load(options.file);
    if (!interface) {
        return kRefused;
    }
    if (!options.space.empty()) {
        interface->cpp_namespace = options.space;
    }
    return write_whole(options.output, to_text(*interface, std::filesystem::path{options.file}.filename().string()));
}

int check(const Options& options) {
    const std::optional<Interface> interface = load(options.file);
    if (!interface) {
        return kRefused;
    }
    std::printf("%s: interface %s %u.%u: %zu enums, %zu structs, %zu services\n", options.file.c_str(),
                interface->name().c_str(), unsigned{interface->major}, unsigned{interface->minor},
                interface->enums.size(), interface->structs.size(), interface->services.size());
    return kDone;
}

int run_compare(const Options& options) {
    const std::optional<Interface> older = load(options.file);
    const std::optional<Interface> newer = older ? load(options.newer) : std::nullopt;
    if (!newer) {
        return kRefused;
    }
    const Comparison comparison = compare(*older, *newer);
    for (const Change& change : comparison.changes) {
        std::printf("%s: %s\n", change.breaking ? "breaking" : "compatible", change.what.c_str());
    }
    if (!comparison.sound()) {
        return complain(
            std::format("{}: programs of {}.{} and {}.{} would not understand each other; undo the breaking "
                        "changes, or make it version {}.0",
                        options.newer, older->major, older->minor, newer->major, newer->minor, older->major + 1));
    }
    return kDone;
}

/// For CLI11: empty where `text` is good.
std::string is_namespace(const std::string& text) {
    bool begins = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool letter = (text[i] >= 'a' && text[i] <= 'z') || text[i] == '_';
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (!begins && text.compare(i, 2, "::") == 0) {
            ++i;
            begins = true;
        } else if (letter || (digit && !begins)) {
            begins = false;
        } else {
            return "a namespace is lower_case words with :: between them";
        }
    }
    return begins ? "a namespace does not end with ::" : "";
}

int complete(const Options& options) {
    const std::string text = completion(options.shell);
    return write_whole("", text);
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    int (*action)(const Options&) = nullptr;
    CLI::App app{"Check interface files of FIGCOM and make code from them", "figcom-idl"};
    app.set_help_flag("-h,--help", "show help and end");
    app.set_version_flag("--version", "figcom-idl " ZETA_VERSION, "show the version and end");
    app.require_subcommand(1);
    app.footer(kFooter);
    for (const Command& command : commands()) {
        CLI::App* const sub = app.add_subcommand(std::string{command.name}, std::string{command.help});
        sub->set_help_flag("-h,--help", "show help and end");
        if (command.takes == Takes::kShell) {
            sub->add_option("SHELL", options.shell, "bash, zsh or fish")
                ->required()
                ->check(CLI::IsMember({"bash", "zsh", "fish"}));
            continue;
        }
        sub->add_option(command.takes == Takes::kTwoFiles ? "OLD" : "FILE", options.file, "the interface file")
            ->required();
        if (command.takes == Takes::kTwoFiles) {
            sub->add_option("NEW", options.newer, "its later version")->required();
        }
        if (command.takes == Takes::kFileAndOutput) {
            sub->add_option("-o,--output", options.output, "write here")->type_name("PATH");
        }
    }
    app.get_subcommand("cpp")
        ->add_option("--namespace", options.space, "put the code into this namespace (default interfaces::NAME)")
        ->check(is_namespace);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            return app.exit(error);
        }
        return complain(std::format("figcom-idl: {}; see figcom-idl --help", error.what()), kUsage);
    }
    const std::string chosen = app.get_subcommands().front()->get_name();
    if (chosen == "cpp") {
        return generate(options, to_cpp);
    }
    if (chosen == "python") {
        return generate(options, to_python);
    }
    if (chosen == "json") {
        return generate(options, [](const Interface& interface, std::string_view) { return to_json(interface); });
    }
    action = chosen == "check" ? check : chosen == "compare" ? run_compare : complete;
    return action(options);
}

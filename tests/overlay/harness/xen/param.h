// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
// A boolean option of the command line: tests set it by name through harness_boolean(). One for each source file.
#define boolean_param(word, variable)                                                                                  \
    bool* harness_boolean_##variable(void);                                                                            \
    bool* harness_boolean_##variable(void) { return &(variable); }                                                     \
    _Static_assert(sizeof(word) > 1, "an option has a name")

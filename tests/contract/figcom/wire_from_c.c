/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The wire headers are C11: this file has no other purpose than to compile them as such and to
 * hand their layout to the C++ side of the test. */
#include "figcom-vbus/wire/control.h"
#include "figcom-vbus/wire/region.h"
#include "figcom-vbus/wire/sync.h"

#include "tests/contract/figcom/wire_layout.h"

#define FIELD(type, field) {#type "." #field, offsetof(struct type, field), sizeof(((struct type*)0)->field)}

const struct wire_field wire_fields_from_c[] = {WIRE_FIELDS(FIELD)};
const size_t wire_field_count_from_c = sizeof wire_fields_from_c / sizeof wire_fields_from_c[0];

uint64_t wire_sequence_from_c(uint64_t epoch, uint64_t index) { return figcom_sequence_word(epoch, index); }

#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
#
# The domain XML of each kind of guest keeps to libvirt's own schema.
#   xml_schema.sh PRINT_XML
set -eu
schema=/usr/share/libvirt/schemas/domain.rng
if [ ! -r "$schema" ] || ! command -v xmllint >/dev/null; then
    echo "xmllint or libvirt's schemas are not installed" >&2
    exit 77
fi
for type in pv pvh hvm; do
    "$1" "$type" | xmllint --noout --relaxng "$schema" -
done

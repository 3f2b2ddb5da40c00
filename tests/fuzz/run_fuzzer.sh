#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
# run_fuzzer.sh TARGET FOUND CORPUS RUNS: one bounded libFuzzer run.
set -eu
mkdir -p "$2"
exec "$1" -runs="$4" -max_total_time=120 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "$2" "$3"

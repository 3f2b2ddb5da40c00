#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
# Proves the model whole, and finds each of its mutants. Usage: check_model.sh MODEL
set -eu
command -v spin >/dev/null || { echo "skipped: spin is not installed"; exit 77; }
model=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for case in 0:1 0:2 0:3 1:2 2:2 3:1; do # mutant:slots
  mutant=${case%:*} slots=${case#*:}
  spin "-DMUTANT=$mutant" "-DSLOTS=$slots" -a "$model" >spin.out || { cat spin.out; exit 1; }
  cc -O1 -DSAFETY -o pan pan.c
  ./pan -m100000 >pan.out
  errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.out)
  states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.out)
  echo "mutant $mutant, $slots slots: $errors errors in $states states"
  if [ "$mutant" = 0 ]; then
    if [ "$errors" != 0 ] || grep -q 'max search depth too small' pan.out; then
      cat pan.out
      exit 1
    fi
  else
    [ "$errors" != 0 ] || { echo "the model does not notice mutant $mutant"; exit 1; }
  fi
done

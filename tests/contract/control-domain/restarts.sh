#!/bin/sh
# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
#
# zetad and zetactl as processes, against a real libvirtd that holds its test driver: kill each of them, and look whether
# the other comes back and whether guests stay.
#   restarts.sh ZETAD ZETACTL
set -eu
zetad=$1 zetactl=$2
command -v libvirtd >/dev/null || { echo "libvirtd is not installed" >&2; exit 77; }
dir=$(mktemp -d)
libvirtd_pid='' zetad_pid='' holder_pid=''
finish() {
    for pid in $zetad_pid $holder_pid $libvirtd_pid; do kill -KILL "$pid" 2>/dev/null || :; done
    rm -rf "$dir"
}
trap finish EXIT
uri="test+unix:///default?socket=$dir/libvirt-sock"
export VIRSH_DEFAULT_CONNECT_URI="$uri"

fail() { echo "FAILED: $*" >&2; cat "$dir"/*.log >&2; exit 1; }
# within SECONDS COMMAND…: asks again until the command succeeds or the deadline passes
within() {
    deadline=$(($(date +%s) + $1)); shift
    until "$@" >"$dir/last.log" 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || fail "in time: $*"
    done
}
start_libvirtd() {
    printf 'unix_sock_dir = "%s"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n' "$dir" >"$dir/libvirtd.conf"
    libvirtd -f "$dir/libvirtd.conf" -p "$dir/libvirtd.pid" >>"$dir/libvirtd.log" 2>&1 &
    libvirtd_pid=$!
    within 20 virsh -q list
    # The test driver forgets its domains with the last connection: this one stays. Its input never ends.
    virsh -q -k 0 event --all --loop --timeout 600 >/dev/null 2>&1 &
    holder_pid=$!
}
start_zetad() {
    mkfifo "$dir/ready"
    "$zetad" --state-dir "$dir/state" --socket "$dir/s" --libvirt-uri "$uri" --definitions-dir= \
        --templates-dir "$dir" --images-dir "$dir" --ready-fd 9 9>"$dir/ready" 2>>"$dir/zetad.log" &
    zetad_pid=$!
    read -r _ <"$dir/ready" || fail "zetad is not ready"
    rm "$dir/ready"
}
ctl() { "$zetactl" --socket "$dir/s" "$@"; }
state() { ctl guest show "$1" --json | jq -r .state; }

echo kernel >"$dir/vmlinuz"
printf 'memory = "64MiB"\nkernel = "%s/vmlinuz"\n' "$dir" >"$dir/shell.toml"
start_libvirtd
start_zetad

ctl guest create alpha --template shell
[ "$(state alpha)" = running ] || fail "alpha does not run"
[ "$("$zetactl" list)" = "$(virsh list)" ] || fail "zetactl list is not virsh list"
"$zetactl" nosuchverb >"$dir/a" 2>&1 && fail "an unknown verb ends well"
ours=$?; virsh nosuchverb >"$dir/b" 2>&1 || theirs=$?
cmp "$dir/a" "$dir/b" || fail "an unknown verb differs"
"$zetactl" nosuchverb 2>/dev/null || ours=$?
[ "$ours" = "$theirs" ] || fail "exit status $ours is not virsh's $theirs"

kill -KILL "$zetad_pid"; wait "$zetad_pid" 2>/dev/null || :
start_zetad
[ "$(state alpha)" = running ] || fail "alpha did not survive zetad"
ctl guest create beta --template shell

# libvirtd dies; its test driver's guests die with it, which real ones do not. The link and the store must follow.
kill -KILL "$libvirtd_pid"; wait "$libvirtd_pid" 2>/dev/null || :
rm -f "$dir/libvirt-sock"
start_libvirtd
within 30 ctl guest create gamma --template shell
[ "$(state gamma)" = running ] || fail "gamma does not run"
[ "$(ctl host health --json | jq '.services[] | select(.name == "libvirtd") | .reconnects')" -ge 1 ] ||
    fail "no reconnection is counted"
[ "$(ctl guest list --json | jq -c '[.[] | select(.managed) | .name]')" = '["gamma"]' ] ||
    fail "the store did not follow libvirt"

kill -TERM "$zetad_pid"
wait "$zetad_pid" || fail "zetad does not end well"
[ ! -e "$dir/s" ] || fail "the socket stays behind"
echo "zetad and libvirtd were killed; both came back"

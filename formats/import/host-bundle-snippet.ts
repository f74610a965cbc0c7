/**
 * A script for the host that is to be planned: it prints the bundle that `host-bundle.ts` reads. For a POSIX shell, busybox
 * included; it reads only, needs no root, and leaves out what is not there. What it prints is a person's to look at first.
 */
export const HOST_BUNDLE_SNIPPET = String.raw`#!/bin/sh
# Collects what Holdfast needs to know of a host, as one text to paste: memory, swap, huge pages, processors, kernel.
# Reads only, needs no root, writes nothing but its output. Process IDs as arguments are looked at, too:
#     sh host-bundle.sh 4711 4712
# Files that are not there, or not for this user, are left out.
file() {
  [ -r "$1" ] || return 0
  text=$(cat "$1" 2>/dev/null) || return 0
  printf '=== %s\n%s\n' "$1" "$text"
}
run() {
  text=$("$@" 2>/dev/null) || return 0
  [ -n "$text" ] && printf '=== %s\n%s\n' "$*" "$text"
  return 0
}
file /proc/meminfo
file /proc/swaps
file /proc/cmdline
for name in enabled defrag shmem_enabled use_zero_page; do
  file "/sys/kernel/mm/transparent_hugepage/$name"
done
for path in /sys/kernel/mm/transparent_hugepage/hugepages-*kB/enabled; do
  file "$path"
done
for pool in /sys/kernel/mm/hugepages/hugepages-*kB /sys/devices/system/node/node*/hugepages/hugepages-*kB; do
  file "$pool/nr_hugepages"
  file "$pool/free_hugepages"
done
run lscpu -J
echo '=== sysctl vm.'
for name in swappiness page-cluster min_free_kbytes watermark_scale_factor overcommit_memory overcommit_ratio \
  overcommit_kbytes nr_hugepages nr_overcommit_hugepages compact_unevictable_allowed max_map_count; do
  value=$(cat "/proc/sys/vm/$name" 2>/dev/null) && echo "vm.$name = $value"
done
run uname -r
for path in /sys/block/zram*/mm_stat /sys/block/zram*/disksize /sys/module/zswap/parameters/enabled \
  /sys/module/zswap/parameters/max_pool_percent; do
  file "$path"
done
group=$(sed -n 's,/$,,; s/^0:://p' /proc/self/cgroup 2>/dev/null)
for name in memory.max memory.high memory.swap.max; do
  file "/sys/fs/cgroup$group/$name"
done
file /proc/self/limits
for pid in "$@"; do
  case $pid in '' | *[!0-9]*) continue ;; esac
  for name in status limits smaps_rollup; do
    file "/proc/$pid/$name"
  done
  # Words end in NULs, which no paste survives: each in quotes instead, for a shell that nobody runs.
  [ -r "/proc/$pid/cmdline" ] || continue
  text=$(tr '\000\n' '\n ' <"/proc/$pid/cmdline" 2>/dev/null | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/" | tr '\n' ' ')
  [ -n "$text" ] && printf '=== /proc/%s/cmdline\n%s\n' "$pid" "$text"
done
exit 0
`

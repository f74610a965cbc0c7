/**
 * Shell text that prints what `host-bundle.ts` reads, of the host that it runs on: for dash, bash, zsh and the sh of busybox,
 * with or without root. It may be pasted at a prompt, saved and run as `sh FILE [PID...]`, or piped: `ssh HOST sh`.
 *
 * It is one quoted word to `sh -c`, and not a here-document, for which older shells write a file in /tmp; so there is no `'` in
 * it. Every part stands alone: what a host lacks or forbids is left out or empty. Words of a command line come each on a line
 * of its own in quotes, because the NULs between them do not survive a terminal; passwords and keys do not come along.
 */
export const HOST_BUNDLE_SNIPPET = String.raw`sh -c '
# What this host says of its memory, for Holdfast. It reads, prints, and changes nothing.
# Process ids behind it choose processes; without any it shows all of QEMU and llama.cpp.
LC_ALL=C; export LC_ALL
exec 2>/dev/null
show() {
  for file in "$@"; do
    if [ -f "$file" ] && [ -r "$file" ]; then echo "=== $file"; cat "$file"; fi
  done
}
show /proc/meminfo /proc/swaps /proc/cmdline
echo "=== uname -r"; uname -r || cat /proc/sys/kernel/osrelease
echo "=== sysctl vm"
for name in swappiness page-cluster min_free_kbytes watermark_scale_factor overcommit_memory overcommit_ratio \
  overcommit_kbytes nr_hugepages nr_overcommit_hugepages compact_unevictable_allowed max_map_count; do
  value=$(cat /proc/sys/vm/$name) && echo "vm.$name = $value"
done
cpus=$(lscpu -J) || cpus=$(lscpu) || cpus=
if [ -n "$cpus" ]; then echo "=== lscpu -J"; echo "$cpus"
else show /sys/devices/system/cpu/online /sys/devices/system/node/online; fi
cd /sys/kernel/mm/transparent_hugepage &&
  show $PWD/enabled $PWD/defrag $PWD/shmem_enabled $PWD/use_zero_page $PWD/hugepages-*kB/enabled
for pool in /sys/kernel/mm/hugepages/* /sys/devices/system/node/node*/hugepages/*; do
  show $pool/nr_hugepages $pool/free_hugepages
done
show /sys/block/zram*/disksize /sys/block/zram*/mm_stat
show /sys/module/zswap/parameters/enabled /sys/module/zswap/parameters/max_pool_percent
show /sys/kernel/debug/fault_around_bytes
group=/sys/fs/cgroup$(sed -n -e "s,/\$,," -e "s/^0:://p" /proc/self/cgroup)
show $group/memory.max $group/memory.high $group/memory.swap.max

cd /proc || exit 0
chosen=$*
if [ -z "$chosen" ]; then
  for pid in [0-9]*; do
    read -r name <$pid/comm && case $name in qemu* | kvm | llama*) chosen="$chosen $pid" ;; esac
  done
fi
# A rollup walks the page tables: of processes that nobody named, those of 16 GiB in all.
walk=16777216
quote=$(printf "\047")
for pid in $chosen; do
  rss=0
  while read -r key value unit; do
    if [ "$key" = VmRSS: ]; then rss=$value; fi
  done <$pid/status
  if [ $# -eq 0 ]; then walk=$((walk - rss)); fi
  for file in status limits smaps_rollup; do
    if [ $file = smaps_rollup ] && [ $walk -lt 0 ]; then continue; fi
    echo "=== /proc/$pid/$file"; cat $pid/$file
  done
  echo "=== /proc/$pid/cmdline"
  tr "\000-\037\177" "\n?" <$pid/cmdline | sed -E \
    -e "s/(password=|,data=)[^,]*/\1hidden/g" -e "s/^(--(api-key|hf-token)=).*/\1hidden/" \
    -e "s/$quote/$quote\\\\$quote$quote/g" -e "s/^/$quote/" -e "s/\$/$quote/" \
    -e "/^.(--api-key|--hf-token|-hft).\$/{" -e "s/\$/ \\\\/" -e n -e "s/.*/hidden/" -e "}" -e "\$b" -e "s/\$/ \\\\/"
done
exit 0
' holdfast-host "$@"
`

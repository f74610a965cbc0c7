/** Commands that print a host bundle: they read, and change nothing. The reader is `formats/import/host-bundle.ts`. */
export const COLLECT = `for f in /proc/meminfo /proc/swaps /proc/cmdline \\
  /sys/kernel/mm/transparent_hugepage/{enabled,defrag,shmem_enabled} \\
  /sys/kernel/mm/hugepages/*/nr_hugepages; do
  echo "=== $f"; cat "$f"
done
echo "=== uname -r"; uname -r
echo "=== lscpu"; LC_ALL=C lscpu
echo "=== sysctl vm"; sysctl vm.swappiness vm.page-cluster vm.min_free_kbytes \\
  vm.watermark_scale_factor vm.overcommit_memory vm.overcommit_ratio`

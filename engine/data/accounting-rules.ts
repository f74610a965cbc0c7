/**
 * How the kernel, and QEMU on top of it, account for memory that stays: the rules that findings and limits cite by
 * number. The numbers are stable; a new rule goes to the end.
 */
export interface AccountingRule {
  readonly id: string
  readonly says: string
  readonly source: string
}

/** `id | what it says | source`, one rule a line. */
const TABLE = `
R1 | A process has three counters: locked address space (VmLck), pinned pages (VmPin), resident pages. VmLck counts all of a locked range, present or not; Locked of smaps counts what is resident. | proc(5), mm/mlock.c
R2 | mlock succeeds if what is locked and what is asked for are within RLIMIT_MEMLOCK, or with CAP_IPC_LOCK; else ENOMEM, or EPERM if the limit is 0. A range that is locked already does not count again (Linux 4.9). | mlock(2)
R3 | mlockall compares all of the address space with the limit, not what is resident. With MCL_FUTURE later mappings fail beyond it. | mlock(2)
R4 | Huge pages of hugetlb never count as locked and are never evicted. They are part of the address space that mlockall compares. | mm/mlock.c
R5 | VFIO counts each page it pins as locked, huge pages too, once per container. RDMA counts in the counter of pinned pages, which is checked against the same limit by itself. | drivers/vfio/vfio_iommu_type1.c, drivers/infiniband/core/umem.c
R6 | VM_PINNED, never merged: a page counts once, pinned and locked pages share the limit, pinned pages do not migrate. | the VM_PINNED proposal of 2014
R7 | iommufd counts pinned pages for the user, not for the process. | drivers/iommu/iommufd/pages.c
R8 | io_uring counts registered buffers; before Linux 5.12 its rings, too. | io_uring/rsrc.c
R9 | RLIMIT_MEMLOCK is 8 MiB by default since Linux 5.16, 64 KiB before. systemd passes 8 MiB to services. | getrlimit(2), systemd.exec(5)
R10 | Locks are not inherited by fork and are dropped by execve. mremap keeps them. | mlock(2), mremap(2)
R11 | MAP_LOCKED and MAP_POPULATE are best effort: mmap succeeds although pages are missing. mlock and MADV_POPULATE report errors. | mmap(2)
R12 | Populating by mlock write-faults private writable memory and read-faults shared mappings. | mm/gup.c
R13 | MADV_POPULATE_READ maps the zero page into private anonymous memory; MADV_POPULATE_WRITE allocates. Linux 5.14. | madvise(2)
R14 | fallocate allocates the backing store and no page tables. | fallocate(2)
R15 | Compaction may move locked pages unless vm.compact_unevictable_allowed is 0. It cannot move pinned ones. | admin-guide/sysctl/vm.rst
R16 | A large folio that crosses the edge of a locked range is not marked as locked; one inside it is. | mm/mlock.c
R17 | memory.max of a cgroup includes locked pages: beyond it the group is killed, not the lock refused. Huge pages count in hugetlb limits of their own. | admin-guide/cgroup-v2.rst
R18 | A balloon frees nothing while VFIO, vDPA or SEV pin memory. virtio-mem works with VFIO and is refused with vDPA, SEV and userspace NVMe disks. | QEMU system/physmem.c
R19 | QEMU refuses a virtio-mem device when mem-lock is on or on-fault. | QEMU hw/virtio/virtio-mem.c
R20 | A read fault of a cached file maps up to 16 neighbouring pages. | mm/memory.c, fault_around_bytes`

/** All rules, in order. */
export const ACCOUNTING_RULES: readonly AccountingRule[] = TABLE.trim()
  .split('\n')
  .map(line => {
    const [id = '', says = '', source = ''] = line.split(' | ')
    return { id, says, source }
  })

/** The rules that a source cites, such as `R5, R6`. */
export function rulesCited(source: string): AccountingRule[] {
  const ids = new Set(source.match(/\bR\d+\b/g))
  return ACCOUNTING_RULES.filter(({ id }) => ids.has(id))
}

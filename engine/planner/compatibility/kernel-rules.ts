import { behaviourOf } from '../../kernels/releases.ts'
import { formatBytes as show, GIB } from '../../quantity.ts'
import { rule, type CompatibilityRule, type PlanFacts } from './rule.ts'

const locksOnFault = (facts: PlanFacts): boolean =>
  facts.calls?.onFault === true || facts.guest?.lock === 'on-fault'
const kernelName = (facts: PlanFacts): string => `Linux ${facts.host?.kernel?.release ?? ''}`

/** What a kernel, its settings or its processor do not have. */
export const KERNEL_RULES: readonly CompatibilityRule[] = [
  rule(
    {
      id: 'on-fault-before-4.4',
      title: 'Locking on fault on a kernel without mlock2',
      severity: 'error',
      source: 'mlock2(2), mlockall(2): Linux 4.4',
      fix: 'Use Linux 4.4 or later, or lock all of the range.',
    },
    facts => {
      const { kernel } = facts.host ?? {}
      if (kernel === undefined || !locksOnFault(facts) || behaviourOf(kernel).mlock2) return null
      return { message: `${kernelName(facts)}: mlock2 is ENOSYS, and mlockall with MCL_ONFAULT is EINVAL.` }
    },
  ),
  rule(
    {
      id: 'populate-before-5.14',
      title: 'MADV_POPULATE on a kernel without it',
      severity: 'error',
      source: 'R13, madvise(2): Linux 5.14',
      fix: 'Use Linux 5.14 or later, or touch each page.',
    },
    ({ host, calls, guest }) => {
      if (host?.kernel === undefined) return null
      const { advices } = behaviourOf(host.kernel)
      const asks = calls?.populateRead === true || calls?.populateWrite === true
      if (advices.has('populate_write')) return null
      if (asks) return { message: `Linux ${host.kernel.release}: MADV_POPULATE_READ and _WRITE are EINVAL.` }
      if (guest?.prealloc !== true) return null
      const message = `Linux ${host.kernel.release}: QEMU preallocates by touching each page, which is slower.`
      return { message, severity: 'note' }
    },
  ),
  rule(
    {
      id: 'gigabyte-pages',
      title: '1 GiB pages without the processor flag',
      severity: 'error',
      source: 'kernel documentation, hugetlbpage: CPU flag pdpe1gb',
      fix: 'Use 2 MiB pages, or pass pdpe1gb to the virtual machine that is the host.',
    },
    ({ host, guest, calls }) => {
      const wanted =
        calls?.hugePageBytes === GIB || (guest?.backing === 'hugetlb' && guest.hugePageBytes === GIB)
      if (!wanted || host?.pdpe1gb !== false) return null
      return { message: 'The processor has no flag pdpe1gb: there is no pool of 1 GiB pages.' }
    },
  ),
  rule(
    {
      id: 'swappiness-zero',
      title: 'vm.swappiness=0 does not disable swap',
      severity: 'warning',
      source: 'kernel documentation, admin-guide/sysctl/vm.rst',
      fix: 'Lock what must not be swapped, or use swapoff, or memory.swap.max=0 for the group.',
    },
    ({ host }) => {
      if (host?.swappiness !== 0 || (host.swapBytes ?? 0) === 0) return null
      return {
        message: `With ${show(host.swapBytes ?? 0)} of swap, anonymous memory is still swapped when file pages run out.`,
        numbers: { swapBytes: host.swapBytes ?? 0 },
      }
    },
  ),
  rule(
    {
      id: 'locked-pages-migrate',
      title: 'Compaction moves locked pages',
      severity: 'warning',
      source: 'R15',
      fix: 'Set vm.compact_unevictable_allowed=0.',
    },
    ({ host, guest }) => {
      if (guest?.realtime !== true || host?.compactUnevictable !== true) return null
      return { message: 'A realtime guest stalls on a fault when compaction moves one of its locked pages.' }
    },
  ),
  rule(
    {
      id: 'silent-population',
      title: 'MAP_LOCKED and MAP_POPULATE report no failure',
      severity: 'warning',
      source: 'R11, mmap(2)',
      fix: 'Call mlock or MADV_POPULATE_WRITE after mmap: both report errors.',
    },
    ({ calls }) => {
      const flags = [
        calls?.mapLocked === true ? 'MAP_LOCKED' : '',
        calls?.mapPopulate === true ? 'MAP_POPULATE' : '',
      ]
      const used = flags.filter(Boolean).join(' and ')
      return used === '' ? null : { message: `${used} may leave pages absent although mmap succeeds.` }
    },
  ),
  rule(
    {
      id: 'populate-read-of-anonymous',
      title: 'MADV_POPULATE_READ of private anonymous memory',
      severity: 'warning',
      source: 'R13',
      fix: 'Use MADV_POPULATE_WRITE.',
    },
    ({ calls }) => {
      if (calls?.populateRead !== true || calls.privateAnonymous !== true) return null
      return {
        message: 'It maps the shared zero page: no memory is allocated, and each first write still faults.',
      }
    },
  ),
  rule(
    {
      id: 'fallocate-still-faults',
      title: 'fallocate makes no page tables',
      severity: 'note',
      source: 'R14',
      fix: 'Follow it with MADV_POPULATE_READ or MADV_POPULATE_WRITE.',
    },
    ({ calls }) => {
      if (calls?.fallocate !== true || calls.populateRead === true || calls.populateWrite === true)
        return null
      return { message: 'The backing store is there, but the first access to each page still faults.' }
    },
  ),
]

import {
  asNumber,
  formatBytes as show,
  formatBytesApart,
  formatBytesFor,
  parseLimitPair,
} from '../../quantity.ts'
import { qemuLockLines, qemuPinLines } from '../limits/qemu.ts'
import { total } from '../limits/rule.ts'
import { rule, type CompatibilityRule, type PlanFacts, type ProcessFacts } from './rule.ts'

/** A rule about a process and its limit: nothing without a process. */
const ofProcess =
  <Result>(find: (process: ProcessFacts, facts: PlanFacts) => Result | null) =>
  (facts: PlanFacts): Result | null =>
    facts.process === undefined ? null : find(facts.process, facts)

const mayExceed = (process: ProcessFacts): boolean => process.capIpcLock === true || process.root === true
/** The limit as a number, or infinite where there is none or it does not hold. */
const limitOf = (process: ProcessFacts): number =>
  mayExceed(process) ? Infinity : asNumber(process.limitBytes ?? 'unlimited')

/** What limits refuse, and limits that do not reach who they are for. */
export const LIMIT_RULES: readonly CompatibilityRule[] = [
  rule(
    {
      id: 'lock-beyond-limit',
      title: 'More locked than RLIMIT_MEMLOCK',
      severity: 'error',
      source: 'R2',
      fix: 'Raise the limit to what is locked.',
    },
    ofProcess(process => {
      const { lockedBytes = 0 } = process
      const limit = limitOf(process)
      if (lockedBytes <= limit) return null
      const errno = limit === 0 ? 'EPERM' : 'ENOMEM'
      const [asked = '', allowed = ''] = formatBytesApart(lockedBytes, limit)
      return {
        message: `Locking ${asked} with a limit of ${allowed} is ${errno}; pages need not be present to count.`,
        numbers: { lockedBytes, limitBytes: limit, missingBytes: lockedBytes - limit },
        fix: `Set the limit to ${formatBytesFor(lockedBytes, 'systemd')} (LimitMEMLOCK=) or ${formatBytesFor(lockedBytes, 'limits.conf')} (KiB, limits.conf).`,
      }
    }),
  ),
  rule(
    {
      id: 'qemu-lock-beyond-limit',
      title: 'mlockall compares the whole address space',
      severity: 'error',
      source: 'R3',
      fix: 'Raise the limit to guest memory and overhead, or to unlimited.',
    },
    ofProcess((process, { guest }) => {
      if (guest === undefined || guest.lock === 'off') return null
      const needed = total(qemuLockLines(guest))
      const limit = limitOf(process)
      if (needed <= limit) return null
      const [asked = '', allowed = ''] = formatBytesApart(needed, limit)
      return {
        message: `QEMU's address space, about ${asked}, is compared with the limit of ${allowed}: mlockall fails and QEMU exits.`,
        numbers: { neededBytes: needed, limitBytes: limit },
      }
    }),
  ),
  rule(
    {
      id: 'pins-beyond-limit',
      title: 'A device pins more than the limit',
      severity: 'error',
      source: 'R5',
      fix: 'Raise the limit to guest memory and 1 GiB for each container, or start QEMU through libvirt.',
    },
    ofProcess((process, { guest }) => {
      if (guest === undefined) return null
      const pinned = total(qemuPinLines(guest))
      const limit = limitOf(process)
      if (pinned <= limit) return null
      const [asked = '', allowed = ''] = formatBytesApart(pinned, limit)
      return {
        message: `DMA of its devices pins about ${asked} with a limit of ${allowed}: mapping guest memory is ENOMEM, and the device does not start.`,
        numbers: { pinnedBytes: pinned, limitBytes: limit },
      }
    }),
  ),
  rule(
    {
      id: 'limits-conf-for-a-service',
      title: 'limits.conf does not apply to services',
      severity: 'error',
      source: 'systemd.exec(5): pam_limits is not asked',
      fix: 'Set LimitMEMLOCK= in a drop-in of the service, reload, restart.',
    },
    ofProcess(process => {
      if (process.service !== true || process.limitPlace !== 'limits.conf') return null
      return { message: 'A service does not log in: it keeps the limit of systemd, 8 MiB by default.' }
    }),
  ),
  rule(
    {
      id: 'locked-beyond-memory-max',
      title: 'memory.max below what is locked',
      severity: 'error',
      source: 'R17',
      fix: 'Raise memory.max above the locked memory and the rest of the group.',
    },
    ({ process, guest, memoryMaxBytes }) => {
      const fromGuest =
        guest !== undefined && guest.lock === 'on' && guest.backing !== 'hugetlb' ? guest.ramBytes : 0
      const locked = process?.lockedResidentBytes ?? process?.lockedBytes ?? fromGuest
      if (memoryMaxBytes === undefined || locked <= memoryMaxBytes) return null
      const [asked = '', allowed = ''] = formatBytesApart(locked, memoryMaxBytes)
      return {
        message: `Locked pages count in memory.max: ${asked} do not fit into ${allowed}, and the group is killed for it.`,
        numbers: { lockedBytes: locked, memoryMaxBytes },
      }
    },
  ),
  rule(
    {
      id: 'pinned-beside-locked',
      title: 'Pinned and locked memory have a limit each',
      severity: 'warning',
      source: 'R5, R6',
      fix: 'Plan the host for the sum; no setting of the kernel bounds it.',
    },
    ofProcess(process => {
      const { lockedBytes = 0, pinnedBytes = 0 } = process
      const limit = limitOf(process)
      const sum = lockedBytes + pinnedBytes
      if (sum <= limit || lockedBytes > limit || pinnedBytes > limit) return null
      return {
        message: `${show(lockedBytes)} locked and ${show(pinnedBytes)} pinned are each within ${show(limit)}; together they are ${show(sum)}.`,
        numbers: { lockedBytes, pinnedBytes, limitBytes: limit, sumBytes: sum },
      }
    }),
  ),
  rule(
    {
      id: 'limit-does-not-read',
      title: 'A limit that its place cannot read',
      severity: 'error',
      source: 'the syntax of the place',
      fix: 'Write it in the unit of the place.',
    },
    ofProcess(({ limitText, limitDialect }) => {
      if (limitText === undefined || limitDialect === undefined) return null
      const parsed = parseLimitPair(limitText, { dialect: limitDialect })
      return parsed.ok ? null : { message: parsed.message }
    }),
  ),
  rule(
    {
      id: 'limit-in-the-wrong-unit',
      title: 'A limit in the wrong unit',
      severity: 'warning',
      source: 'docker takes bytes, shells and limits.conf take KiB',
      fix: 'Write the number in the unit of the place.',
    },
    ofProcess(({ limitText, limitDialect, lockedBytes = 0 }) => {
      if (limitText === undefined || limitDialect === undefined || lockedBytes === 0) return null
      const parsed = parseLimitPair(limitText, { dialect: limitDialect })
      if (!parsed.ok || parsed.softBytes === 'unlimited') return null
      const limit = parsed.softBytes
      if (limitDialect !== 'docker' || limit >= lockedBytes || limit * 1024 < lockedBytes) return null
      return {
        message: `docker reads ${limitText} as bytes, ${show(limit)}; as KiB it would be ${show(limit * 1024)}, enough for ${show(lockedBytes)}.`,
        numbers: { limitBytes: limit, asKibBytes: limit * 1024, lockedBytes },
        fix: `Write --ulimit memlock=${formatBytesFor(limit * 1024, 'docker')}.`,
      }
    }),
  ),
  rule(
    {
      id: 'locks-are-not-inherited',
      title: 'fork drops locks',
      severity: 'warning',
      source: 'R10, mlock(2)',
      fix: 'Lock in the child, or call mlockall(MCL_FUTURE) there.',
    },
    ofProcess(({ forksAfterLocking }) =>
      forksAfterLocking === true
        ? { message: 'Nothing of what the parent locked is locked in the child.' }
        : null,
    ),
  ),
  rule(
    {
      id: 'capability-without-root-in-a-pod',
      title: 'IPC_LOCK for a user who is not root',
      severity: 'warning',
      source: 'Kubernetes: added capabilities are not ambient',
      fix: 'Run as root inside the pod, or set LimitMEMLOCK= on containerd.',
    },
    ofProcess(({ limitPlace, capIpcLock, root }) => {
      if (limitPlace !== 'kubernetes' || capIpcLock !== true || root !== false) return null
      return {
        message: 'The capability is in the bounding set of the container, not effective in the process.',
      }
    }),
  ),
]

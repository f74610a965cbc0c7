/** How a memlock limit is written in each place where one is set, in that place's own unit. */
import { formatBytesFor, type LimitBytes } from '../quantity.ts'

export interface LimitFix {
  readonly id: string
  readonly title: string
  /** What to write there. */
  readonly text: string
  /** What people get wrong. */
  readonly note: string
}

/** A limit rounded up to whole MiB, the least that every place can say without a fraction. */
export function roundedLimit(bytes: number): number {
  const mib = 2 ** 20
  return Math.ceil(bytes / mib) * mib
}

/** The same limit for a shell, a service, a login, a container, a virtual machine, and a running process. */
export function memlockFixes(limit: LimitBytes): LimitFix[] {
  const amount = limit === 'unlimited' ? limit : roundedLimit(limit)
  const bytes = amount === 'unlimited' ? 'unlimited' : String(amount)
  const docker = formatBytesFor(amount, 'docker')
  return [
    fix('ulimit', 'shell', `ulimit -l ${formatBytesFor(amount, 'ulimit')}`, 'KiB; up to the hard limit'),
    fix(
      'systemd',
      'systemd service',
      `LimitMEMLOCK=${formatBytesFor(amount, 'systemd')}`,
      'in a drop-in under [Service]; then daemon-reload and restart; limits.d does not apply to services',
    ),
    fix(
      'limits.d',
      'login',
      `USER - memlock ${formatBytesFor(amount, 'limits.conf')}`,
      'KiB; /etc/security/limits.d/90-memlock.conf; needs pam_limits and a new login',
    ),
    fix('docker', 'docker', `--ulimit memlock=${docker}:${docker}`, 'plain bytes, no suffix'),
    fix(
      'libvirt',
      'libvirt domain',
      amount === 'unlimited'
        ? '<memoryBacking><locked/></memoryBacking>'
        : `<memtune><hard_limit unit='KiB'>${formatBytesFor(amount, 'libvirt')}</hard_limit></memtune>`,
      'hard_limit is also the limit of the cgroup: too low kills the guest',
    ),
    fix(
      'prlimit',
      'running process',
      `prlimit --pid PID --memlock=${bytes}:${bytes}`,
      'bytes; raising the hard limit needs CAP_SYS_RESOURCE',
    ),
  ]
}

const fix = (id: string, title: string, text: string, note: string): LimitFix => ({ id, title, text, note })

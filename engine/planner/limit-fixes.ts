/** How a memlock limit is written in each place where one is set, in that place's own unit, and taken back again. */
import { formatBytesFor, type LimitBytes } from '../quantity.ts'

export interface LimitFix {
  readonly id: string
  readonly title: string
  /** The file that it goes into, or the command that it is part of. */
  readonly place: string
  /** The setting by itself, for a sentence. */
  readonly text: string
  /** What to write there, with the section that it stands in. */
  readonly block: string
  /** What people get wrong. */
  readonly note: string
  /** Commands that put it into force, in order. */
  readonly apply: readonly string[]
  /** A command that shows whether it is in force. */
  readonly verify: string
  /** How it is taken back. */
  readonly undo: string
}

/** A limit rounded up to whole MiB, the least that every place can say without a fraction. */
export function roundedLimit(bytes: number): number {
  const mib = 2 ** 20
  return Math.ceil(bytes / mib) * mib
}

/** The same limit for a shell, a service, a login, a container, a virtual machine, and a running process. */
export function memlockFixes(limit: LimitBytes): LimitFix[] {
  return placesOf(limit).map(fix => ({
    ...fix,
    block: fix.id === 'systemd' ? `[Service]\n${fix.text}` : fix.text,
  }))
}

function placesOf(limit: LimitBytes): Omit<LimitFix, 'block'>[] {
  const amount = limit === 'unlimited' ? limit : roundedLimit(limit)
  const bytes = amount === 'unlimited' ? 'unlimited' : String(amount)
  const docker = formatBytesFor(amount, 'docker')
  const kib = formatBytesFor(amount, 'ulimit')
  const unit = '/etc/systemd/system/NAME.service.d/50-memlock.conf'
  const login = '/etc/security/limits.d/90-memlock.conf'
  return [
    {
      ...{ id: 'ulimit', title: 'shell', place: 'the shell that starts it' },
      text: `ulimit -l ${kib}`,
      note: 'KiB; up to the hard limit',
      apply: [],
      verify: 'ulimit -l',
      undo: 'leave that shell: no other process is changed',
    },
    {
      ...{ id: 'systemd', title: 'systemd service', place: unit },
      text: `LimitMEMLOCK=${formatBytesFor(amount, 'systemd')}`,
      note: 'in a drop-in under [Service]; then daemon-reload and restart; limits.d does not apply to services',
      apply: ['systemctl daemon-reload', 'systemctl restart NAME.service'],
      verify: 'systemctl show -p LimitMEMLOCK NAME.service',
      undo: `rm ${unit} && systemctl daemon-reload && systemctl restart NAME.service`,
    },
    {
      ...{ id: 'limits.d', title: 'login', place: login },
      text: `USER - memlock ${formatBytesFor(amount, 'limits.conf')}`,
      note: 'KiB; /etc/security/limits.d/90-memlock.conf; needs pam_limits and a new login',
      apply: ['log out and in again'],
      verify: 'ulimit -H -l',
      undo: `rm ${login}, then log out and in again`,
    },
    {
      ...{ id: 'docker', title: 'docker', place: 'docker run' },
      text: `--ulimit memlock=${docker}:${docker}`,
      note: 'plain bytes, no suffix',
      apply: [],
      verify: `docker inspect -f '{{.HostConfig.Ulimits}}' NAME`,
      undo: 'start the container without the option',
    },
    {
      ...{ id: 'libvirt', title: 'libvirt domain', place: 'virsh edit NAME' },
      text:
        amount === 'unlimited'
          ? '<memoryBacking><locked/></memoryBacking>'
          : `<memtune><hard_limit unit='KiB'>${formatBytesFor(amount, 'libvirt')}</hard_limit></memtune>`,
      note: 'hard_limit is also the limit of the cgroup: too low kills the guest',
      apply: ['virsh shutdown NAME', 'virsh start NAME'],
      verify: `grep 'Max locked memory' /proc/$(pgrep -f guest=NAME)/limits`,
      undo: 'virsh edit NAME, take the element out, shut down and start',
    },
    {
      ...{ id: 'prlimit', title: 'running process', place: 'a shell with CAP_SYS_RESOURCE' },
      text: `prlimit --pid PID --memlock=${bytes}:${bytes}`,
      note: 'bytes; raising the hard limit needs CAP_SYS_RESOURCE',
      apply: [],
      verify: 'prlimit --pid PID --memlock',
      undo: 'prlimit --pid PID --memlock=8388608:8388608, or restart it',
    },
  ]
}

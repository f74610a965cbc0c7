/**
 * QEMU command lines: shell text, words that end in NULs as /proc/PID/cmdline has them, lines of `ps`, one or several.
 *
 *     qemu-system-x86_64 -name guest=db01 -m size=64G -smp 16 \
 *       -object memory-backend-memfd,id=ram0,size=64G,hugetlb=on,prealloc=on -machine q35,memory-backend=ram0
 */
import { guestOf, type Arch, type GuestFacts } from '../../engine/planner/limits/guest.ts'
import { computeLimits } from '../../engine/planner/limits/index.ts'
import { formatBytes, MIB } from '../../engine/quantity.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import { guestWorkload, nameFor } from './guest-import.ts'
import type { Importer, ImportIssue, ImportResult } from './importer.ts'
import { Notes, refused } from './notes.ts'
import { devicesOf, usesKvm, vcpusOf } from './qemu/devices.ts'
import { memoryOf } from './qemu/memory.ts'
import { keysOf, lockOf, optionsOf, type Option } from './qemu/options.ts'
import { commandsOf, programAt, type Command, type Word } from './shell-words.ts'

const PROGRAM = /^(?:[^\s=]*\/)?(?:qemu-system-[\w.-]+|qemu-kvm|kvm|qemu)$/
/** What a shell gives to a process since Linux 5.16, and systemd to a service. */
const USUAL_MEMLOCK_BYTES = 8 * MIB

export const isQemu = (word: string): boolean => PROGRAM.test(word)

export const qemuCommand: Importer = {
  id: 'qemu-command',
  title: 'QEMU command line',
  yields: ['workloads'],
  recognises: head => !/^\s*[<{[]/.test(head) && commandsOf(head).some(isQemuCommand),
  read: input => readCommands(textOf(input)),
}

/** A program with at least one option behind it. */
function isQemuCommand({ words }: Command): boolean {
  const at = programAt(words, isQemu)
  return at >= 0 && /^--?[a-zA-Z]/.test(words[at + 1]?.text ?? '')
}

function readCommands(text: string): ImportResult {
  const commands = commandsOf(text)
  const notes = new Notes()
  const guests: GuestFacts[] = []
  const workloads: WorkloadSpec[] = []
  for (const command of commands) {
    if (!isQemuCommand(command)) {
      notes.ignored('', `${quoted(command.words.map(word => word.text).join(' '))} is no QEMU.`, command.line)
      continue
    }
    if (command.unquoted)
      notes.assumed('', 'Its quotes do not fit together: words end at blanks.', command.line)
    const read = qemuGuestOf(command.words, notes)
    if ('issue' in read) return refused(read.issue)
    guests.push(read.guest)
    if (read.workload !== undefined) workloads.push(read.workload)
  }
  if (guests.length === 0)
    return refused({
      path: '',
      found: 'no QEMU',
      allowed: 'qemu-system-… with options',
      sentence: 'There is no QEMU command line in it.',
    })
  return { ok: true, guests, workloads, notes: notes.list() }
}

export type QemuRead =
  | { readonly guest: GuestFacts; readonly workload: WorkloadSpec | undefined }
  | { readonly issue: ImportIssue }

/** The guest of one command. */
export function qemuGuestOf(words: readonly Word[], notes: Notes): QemuRead {
  const at = Math.max(0, programAt(words, isQemu))
  const program = words[at]?.text ?? ''
  const line = words[at]?.line ?? 1
  const options = optionsOf(words.slice(at + 1))
  const elsewhere = options.find(({ name }) => name === 'readconfig')
  if (elsewhere !== undefined)
    return {
      issue: {
        path: '-readconfig',
        found: `-readconfig ${elsewhere.value}`,
        allowed: 'options on the command line itself',
        sentence:
          'Part of this guest is in another file, which is not read: paste its options instead of -readconfig.',
        line: elsewhere.line,
      },
    }
  const lock = lockOf(options) ?? 'off'
  if (lock !== 'off') notes.taken('-overcommit', `mem-lock=${lock}.`, line)
  const memory = memoryOf(options, notes)
  const { devices: memoryDevices, ...rest } = memory
  noteVariables(options, notes)
  const guest = guestOf({
    ...rest,
    name: nameFor(nameOf(options), 'guest'),
    arch: archOf(program, notes),
    kvm: usesKvm(program, options),
    vcpus: vcpusOf(options, notes),
    lock,
    memoryDevices,
    devices: devicesOf(options, notes),
  })
  noteRest(options, notes)
  const needed = computeLimits(guest).find(({ id }) => id === 'qemu')?.memlockBytes ?? 'unset'
  if (needed !== 'unset')
    notes.assumed(
      '',
      `The limit of the process is not in the command; ${formatBytes(USUAL_MEMLOCK_BYTES)} is assumed, ${needed === 'unlimited' ? 'unlimited' : formatBytes(needed)} is needed.`,
      line,
    )
  const around = { memlockBytes: USUAL_MEMLOCK_BYTES, path: quoted(guest.name), line }
  return { guest, workload: guestWorkload(guest, around, notes) }
}

function nameOf(options: readonly Option[]): string {
  const option = options.findLast(({ name }) => name === 'name')
  return option === undefined ? '' : (keysOf(option.value, 'guest').get('guest') ?? '')
}

const ARCHES: Readonly<Record<string, Arch>> = {
  aarch64: 'aarch64',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
}

function archOf(program: string, notes: Notes): Arch {
  const name = /qemu-system-([\w]+)/.exec(program)?.[1] ?? 'x86_64'
  const arch = Object.hasOwn(ARCHES, name) ? ARCHES[name] : undefined
  if (arch === undefined && name !== 'x86_64' && name !== 'i386')
    notes.assumed(program, `The architecture ${quoted(name)} is planned as x86_64.`)
  return arch ?? 'x86_64'
}

function noteVariables(options: readonly Option[], notes: Notes): void {
  for (const { name, value, line } of options)
    if (/\$[({A-Za-z_]/.test(value))
      notes.notUnderstood(
        `-${name}`,
        `${quoted(value)} has a variable of a shell, which has no value here.`,
        line,
      )
}

const LOOKED_AT = new Set(
  'm smp machine M object device name overcommit realtime mem-path mem-prealloc enable-kvm accel numa netdev blockdev drive display nographic vga vnc spice nodefaults balloon'.split(
    ' ',
  ),
)

/** Options that have nothing to do with memory, in one note. */
function noteRest(options: readonly Option[], notes: Notes): void {
  const names = [...new Set(options.map(({ name }) => name))].filter(
    name => name !== '' && !LOOKED_AT.has(name),
  )
  if (names.length === 0) return
  const listed = names.slice(0, 30).map(name => `-${name}`)
  notes.ignored(
    listed.join(' '),
    `Not about memory: ${listed.join(' ')}${names.length > 30 ? ` and ${names.length - 30} more` : ''}.`,
  )
}

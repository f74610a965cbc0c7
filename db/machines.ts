/** Machine profiles, each with the kernel that it runs. */
import { z } from 'zod'
import type { KernelChoice, MachineProfile } from '../engine/scenario.ts'
import { checkedJson, checkedRow, checksum, parsedJson } from './rows.ts'
import type { Session } from './session.ts'
import { kernelChoice, machineProfile } from './shapes.ts'

export const MACHINE_ORIGINS = ['typed', 'probed', 'imported', 'template'] as const
export type MachineOrigin = (typeof MACHINE_ORIGINS)[number]

export interface MachineDraft {
  readonly profile: MachineProfile
  /** The kernel that plans on this machine start with; null leaves it to the plan. */
  readonly kernel: KernelChoice | null
  readonly origin: MachineOrigin
  readonly note: string
}

export interface StoredMachine extends MachineDraft {
  readonly id: number
  readonly madeMs: number
  readonly changedMs: number
}

export interface Machines {
  list(): StoredMachine[]
  get(id: number): StoredMachine | null
  add(machine: MachineDraft): StoredMachine
  /** Null if the machine is gone. */
  change(id: number, machine: MachineDraft): StoredMachine | null
  /** What was removed, so that `add` can bring it back; null if it was gone already. */
  remove(id: number): StoredMachine | null
}

const machineRow = z.object({
  id: z.int(),
  profile: z.string(),
  crc: z.int(),
  kernel: z.string().nullable(),
  origin: z.enum(MACHINE_ORIGINS),
  note: z.string(),
  made_ms: z.int(),
  changed_ms: z.int(),
})
const COLUMNS = 'id, profile, crc, kernel, origin, note, made_ms, changed_ms'

type Written = [
  name: string,
  profile: string,
  crc: number,
  kernel: string | null,
  origin: string,
  note: string,
]

function columnsOf({ profile, kernel, origin, note }: MachineDraft): Written {
  const text = JSON.stringify(profile)
  return [profile.name, text, checksum(text), kernel === null ? null : JSON.stringify(kernel), origin, note]
}

export function machinesIn(session: Session): Machines {
  const { db, nowMs } = session
  const every = db.prepare<[]>(`SELECT ${COLUMNS} FROM machines ORDER BY name COLLATE NOCASE, id`)
  const one = db.prepare<[number]>(`SELECT ${COLUMNS} FROM machines WHERE id = ?`)
  const insert = db.prepare<[...Written, number, number]>(
    `INSERT INTO machines (name, profile, crc, kernel, origin, note, made_ms, changed_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
  )
  const update = db.prepare<[...Written, number, number]>(
    `UPDATE machines SET name = ?, profile = ?, crc = ?, kernel = ?, origin = ?, note = ?, changed_ms = ?
     WHERE id = ? RETURNING ${COLUMNS}`,
  )
  const drop = db.prepare<[number]>(`DELETE FROM machines WHERE id = ? RETURNING ${COLUMNS}`)

  const machine = (raw: unknown): StoredMachine => {
    const row = checkedRow(session, machineRow, raw, 'a machine')
    const what = `machine ${row.id}`
    return {
      id: row.id,
      profile: checkedJson(session, machineProfile, { text: row.profile, crc: row.crc }, what),
      kernel:
        row.kernel === null
          ? null
          : checkedRow(session, kernelChoice, parsedJson(row.kernel), `the kernel of ${what}`),
      origin: row.origin,
      note: row.note,
      madeMs: row.made_ms,
      changedMs: row.changed_ms,
    }
  }
  const orNull = (raw: unknown): StoredMachine | null => (raw === undefined ? null : machine(raw))
  return {
    list: () => session.read(() => every.all().map(machine)),
    get: id => session.read(() => orNull(one.get(id))),
    add: draft =>
      session.write('machines', () => {
        const now = nowMs()
        return machine(insert.get(...columnsOf(draft), now, now))
      }),
    change: (id, draft) =>
      session.write('machines', () => orNull(update.get(...columnsOf(draft), nowMs(), id))),
    remove: id => session.write('machines', () => orNull(drop.get(id))),
  }
}

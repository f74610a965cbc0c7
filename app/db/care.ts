/** The file of the store: its size, its backups, and what is in them. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { backupsOf, isSound } from '../../db/backup.ts'
import { IN_MEMORY, openStore } from '../../db/open.ts'
import { StoreError, problem } from '../../db/problems.ts'
import type { Store as Db } from '../../db/store.ts'
import type { StoreCare } from '../store.ts'
import { planStore } from './plans.ts'

export function storeCare(db: Db): StoreCare {
  const { path } = db
  if (path === IN_MEMORY)
    return {
      state: () => ({ sizeBytes: null, version: null, backups: [] }),
      fault: () => db.fault(),
      backUp: () => {},
      plansOf: () => null,
    }
  return {
    state: () => ({
      sizeBytes: db.sizeBytes(),
      version: db.version,
      backups: backupsOf(path).map(backup => ({
        ...{ name: basename(backup.path), reason: backup.reason, version: backup.version },
        ...{ madeAtMs: backup.madeMs, bytes: backup.bytes },
      })),
    }),
    fault: () => db.fault(),
    backUp: () => void db.backUpNow(),
    plansOf: name => {
      const backup = backupsOf(path).find(each => basename(each.path) === name)
      return backup === undefined ? null : plansIn(backup.path)
    },
  }
}

/** A backup stays as it is: a copy of it is opened, brought to this program's version if need be, and thrown away. */
function plansIn(backup: string): ReturnType<StoreCare['plansOf']> {
  if (!isSound(backup)) throw new StoreError(problem('damaged', backup))
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-backup-'))
  try {
    const copy = join(folder, 'store.db')
    copyFileSync(backup, copy)
    const opened = openStore(copy)
    if (!opened.ok) throw new StoreError(opened)
    try {
      const plans = planStore(opened.store)
      return plans.list('in use').flatMap(({ id }) => plans.get(id) ?? [])
    } finally {
      opened.store.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

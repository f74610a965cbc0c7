/** Plans as rows: the document of each revision is its text. */
import type { PlanInfo } from '../../db/plans.ts'
import type { Store as Db } from '../../db/store.ts'
import { document as documentShape } from '../contract-shapes.ts'
import type { PlanDocument } from '../contract.ts'
import type { PlanDraft, PlanStore, StoredPlan } from '../store.ts'
import { knownRow, rowOf } from './ids.ts'

export function planStore({ plans }: Db): PlanStore {
  const bodyOf = (planId: number): PlanDocument =>
    documentShape.parse(JSON.parse(plans.current(planId)?.body ?? '{}'))
  const entryOf = ({ id, name, revision, editedMs, trashedMs }: PlanInfo): StoredPlan => {
    const document = bodyOf(id)
    const { doc } = document
    return {
      ...{ id: String(id), name, revision, document, changedAtMs: editedMs, deletedAtMs: trashedMs },
      ...{ doc: typeof doc === 'string' ? doc : '', undo: null, redo: null },
    }
  }
  /** With what undo and redo would do. */
  const planOf = (info: PlanInfo): StoredPlan => {
    const history = plans.history(info.id)
    const at = history.findIndex(({ isCurrent }) => isCurrent)
    const undo = info.canUndo ? (history[at]?.label ?? null) : null
    const redo = info.canRedo ? (history[at - 1]?.label ?? null) : null
    return { ...entryOf(info), undo, redo }
  }
  const found = (planId: number): StoredPlan => {
    const info = plans.info(planId)
    if (info === null) throw new Error(`there is no plan ${planId}`)
    return planOf(info)
  }
  return {
    list: where =>
      (where === 'in use' ? plans.list() : plans.trash()).map(info => {
        const { document: _document, undo: _undo, redo: _redo, ...entry } = entryOf(info)
        return entry
      }),
    get: id => {
      const row = rowOf(id)
      const info = row === null ? null : plans.info(row)
      return info === null ? null : planOf(info)
    },
    create: draft => found(plans.create(editOf(draft)).planId),
    edit: (id, revision, draft) => {
      const gesture = draft.gesture === undefined ? {} : { gesture: draft.gesture }
      const outcome = plans.edit(knownRow(id), { after: revision, ...editOf(draft), ...gesture })
      return outcome.ok ? found(outcome.revision.planId) : null
    },
    undo: id => (plans.undo(knownRow(id)) === null ? null : found(knownRow(id))),
    redo: id => (plans.redo(knownRow(id)) === null ? null : found(knownRow(id))),
    setDeleted: (id, deleted) => {
      if (deleted) plans.remove(knownRow(id))
      else plans.restore(knownRow(id))
    },
  }
}

const editOf = ({ document, name, label }: PlanDraft): { body: string; name: string; label: string } => ({
  ...{ name, label },
  body: JSON.stringify(document),
})

/** Plans that ship with the program: one for each proposal's claim, and common jobs to start from. */
import hugetlbPoolTooSmall from '../../plans/hugetlb-pool-too-small.json' with { type: 'json' }
import kvmHost from '../../plans/kvm-host.json' with { type: 'json' }
import lockOnFault from '../../plans/lock-on-fault.json' with { type: 'json' }
import mixedHost from '../../plans/mixed-host.json' with { type: 'json' }
import mixtureOfExperts from '../../plans/mixture-of-experts.json' with { type: 'json' }
import modelServer from '../../plans/model-server.json' with { type: 'json' }
import outOfMemory from '../../plans/out-of-memory.json' with { type: 'json' }
import pinnedAndLocked from '../../plans/pinned-and-locked.json' with { type: 'json' }
import populateUnderLock from '../../plans/populate-under-lock.json' with { type: 'json' }
import rdmaStorage from '../../plans/rdma-storage.json' with { type: 'json' }
import realtimeGuest from '../../plans/realtime-guest.json' with { type: 'json' }
import sparseGuestMemory from '../../plans/sparse-guest-memory.json' with { type: 'json' }
import sparseGuestShortPool from '../../plans/sparse-guest-short-pool.json' with { type: 'json' }
import straddlingFolios from '../../plans/straddling-folios.json' with { type: 'json' }
import { readPlanDocument, type Plan } from './read-plan.ts'

export interface Template {
  /** Name of its file in `plans/`, and what the command line calls it. */
  readonly id: string
  readonly title: string
  readonly doc: string
  /** The plan as its file has it. */
  readonly document: Readonly<Record<string, unknown>> & { readonly name: string; readonly doc: string }
}

const DOCUMENTS: Readonly<Record<string, Template['document']>> = {
  'lock-on-fault': lockOnFault,
  'sparse-guest-memory': sparseGuestMemory,
  'sparse-guest-short-pool': sparseGuestShortPool,
  'straddling-folios': straddlingFolios,
  'populate-under-lock': populateUnderLock,
  'pinned-and-locked': pinnedAndLocked,
  'kvm-host': kvmHost,
  'model-server': modelServer,
  'mixture-of-experts': mixtureOfExperts,
  'mixed-host': mixedHost,
  'realtime-guest': realtimeGuest,
  'rdma-storage': rdmaStorage,
  'hugetlb-pool-too-small': hugetlbPoolTooSmall,
  'out-of-memory': outOfMemory,
}

/** In the order in which lists show them: the proposals first. */
export const TEMPLATES: readonly Template[] = Object.entries(DOCUMENTS).map(([id, document]) => ({
  id,
  title: document.name,
  doc: document.doc,
  document,
}))

/** A template by its id. */
export function templateNamed(id: string): Template | undefined {
  return TEMPLATES.find(template => template.id === id)
}

/** The checked plan of a template; a template with a mistake cannot happen. */
export function planOfTemplate(template: Template): Plan {
  const read = readPlanDocument(template.document)
  if (read.ok) return read.plan
  throw new Error(
    `template ${template.id}: ${read.issues.map(issue => `${issue.path} ${issue.sentence}`).join(' ')}`,
  )
}

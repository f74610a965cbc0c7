/** Findings that need no run: combinations of settings. */
import { compatibilityOf } from '../plan-facts.ts'
import { finding, type FindingRule } from './rule.ts'

/** Combinations that QEMU, libvirt, llama.cpp or the kernel refuse or silently ignore. */
export const incompatible: FindingRule = {
  id: 'compatibility',
  check: (_, scenario) =>
    compatibilityOf(scenario).flatMap(({ workload, findings }) =>
      findings.map(({ id, severity, title, message, fix, numbers }) =>
        finding(id, severity, workload, { title, detail: message, fix }, numbers),
      ),
    ),
}

import { GUEST_RULES } from './compatibility/guest-rules.ts'
import { KERNEL_RULES } from './compatibility/kernel-rules.ts'
import { LIMIT_RULES } from './compatibility/limit-rules.ts'
import { MODEL_RULES } from './compatibility/model-rules.ts'
import {
  SEVERITIES,
  type CompatibilityFinding,
  type CompatibilityRule,
  type PlanFacts,
} from './compatibility/rule.ts'

/** All rules: combinations that QEMU, libvirt, llama.cpp or the kernel refuse or silently ignore. */
export const COMPATIBILITY_RULES: readonly CompatibilityRule[] = [
  ...GUEST_RULES,
  ...KERNEL_RULES,
  ...LIMIT_RULES,
  ...MODEL_RULES,
]

/** What is wrong with a plan, the worst first, else in the order of the rules. */
export function checkCompatibility(facts: PlanFacts): CompatibilityFinding[] {
  return COMPATIBILITY_RULES.map(({ applies }) => applies(facts))
    .filter(finding => finding !== null)
    .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
}

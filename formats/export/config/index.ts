/** The places that configuration is written for, and what a plan comes to in each of them. */
import type { ProcessLimit } from '../../../engine/planner/process-limits.ts'
import type { Scenario } from '../../../engine/scenario.ts'
import { commands } from './commands.ts'
import { docker } from './docker.ts'
import { configFacts } from './facts.ts'
import { hugepages, kernelCommandLine, sysctlD } from './hosts.ts'
import { kubernetes } from './kubernetes.ts'
import { kubevirt } from './kubevirt.ts'
import { libvirt } from './libvirt.ts'
import { limitsD } from './logins.ts'
import { nova } from './nova.ts'
import { proxmox } from './proxmox.ts'
import { qemu } from './qemu.ts'
import { systemd } from './systemd.ts'
import type { ConfigTarget, TargetConfiguration } from './target.ts'

/** In the order in which they are shown. A new place is a file and a line here. */
export const CONFIG_TARGETS: readonly ConfigTarget[] = [
  libvirt,
  qemu,
  systemd,
  limitsD,
  sysctlD,
  kernelCommandLine,
  hugepages,
  commands,
  docker,
  kubernetes,
  kubevirt,
  nova,
  proxmox,
]

/**
 * What a plan comes to in every place that it has anything for; `limits` are the answer of `processLimits` for the same
 * scenario, which says what each process needs.
 */
export function configurationOf(
  scenario: Scenario,
  limits: readonly ProcessLimit[],
  targets: readonly ConfigTarget[] = CONFIG_TARGETS,
): TargetConfiguration[] {
  const facts = configFacts(scenario, limits)
  return targets
    .filter(target => target.appliesTo(facts))
    .map(target => {
      const { id, title, help } = target
      return { id, title, help, ...target.write(facts) }
    })
}

import { cloudHypervisor } from './cloud-hypervisor.ts'
import { guestOf, type GuestDraft, type GuestFacts } from './guest.ts'
import { kubernetes } from './kubernetes.ts'
import { kubevirt } from './kubevirt.ts'
import { libvirt } from './libvirt.ts'
import { nova } from './nova.ts'
import { ovirt } from './ovirt.ts'
import { proxmox } from './proxmox.ts'
import { qemu } from './qemu.ts'
import type { LimitAnswer, LimitRule, SettingValues } from './rule.ts'

/** The systems whose limits stand side by side, in the order in which they are shown. */
export const LIMIT_RULES: readonly LimitRule[] = [
  libvirt,
  qemu,
  kubevirt,
  ovirt,
  nova,
  cloudHypervisor,
  proxmox,
  kubernetes,
]

/** Settings by system, then by name: `{ kubevirt: { version: '1.8' } }`. */
export type LimitSettings = Readonly<Record<string, SettingValues>>

/** What each system would set and reserve for a guest, side by side. */
export function computeLimits(guest: GuestFacts | GuestDraft, settings: LimitSettings = {}): LimitAnswer[] {
  const facts = guestOf(guest)
  return LIMIT_RULES.map(rule => rule.compute(facts, settings[rule.id]))
}

import { describe, expect, it } from 'vitest'
import { GIB, KIB, MIB } from '../../../engine/quantity.ts'
import { importInput } from '../../../formats/import/index.ts'

const domain = (inside: string, attributes = "type='kvm'"): string =>
  `<domain ${attributes}><name>g</name><vcpu>4</vcpu>${inside}</domain>`

const devices = (...kinds: string[]): string => `<devices>${kinds.join('')}</devices>`
const PCI = "<hostdev mode='subsystem' type='pci' managed='yes'><source/></hostdev>"
const VDPA = "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>"
/** As in the XML of a domain that has been defined: it has an address in the guest. */
const PLACED = PCI.replace(
  '</hostdev>',
  "<address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/></hostdev>",
)
const NVME = "<disk type='nvme'><source type='pci'/></disk>"
const VIOMMU = "<iommu model='intel'/>"
const GIB16 = "<memory unit='GiB'>16</memory>"
const PPC64 = "<os><type arch='ppc64' machine='pseries'>hvm</type></os>"

function read(text: string) {
  const result = importInput({ text })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result
}
const guestOf = (text: string) => read(text).guests![0]!
const limitOf = (text: string) => read(text).limits![0]!.memlockSoftBytes
const sentences = (text: string, kind: string): string[] =>
  read(text)
    .notes.filter(note => note.kind === kind)
    .map(note => note.sentence)

describe('the limit of locked memory that libvirt sets', () => {
  it.each([
    ['one PCI device', GIB16 + devices(PCI), 18253611008],
    ['two PCI devices behind a virtual IOMMU', GIB16 + devices(PCI, PCI, VIOMMU), 35433480192],
    ['two PCI devices without one', GIB16 + devices(PCI, PCI), 18253611008],
    ['vDPA, NVMe and two PCI devices', GIB16 + devices(VDPA, NVME, PCI, PCI), 52613349376],
    ['no device', GIB16, 'unset'],
    ['locked memory', `${GIB16}<memoryBacking><locked/></memoryBacking>`, 'unlimited'],
    [
      'a hard limit and locked memory',
      `${GIB16}<memtune><hard_limit unit='GiB'>36</hard_limit></memtune><memoryBacking><locked/></memoryBacking>`,
      38654705664,
    ],
    ['ppc64 with KVM', `<memory>1048576</memory>${PPC64}`, 20971520],
    // libvirt's own test expects the second host bridge that it adds for the IOMMU group of the device.
    ['ppc64 with a PCI device', `<memory>1048576</memory>${PPC64}${devices(PCI)}`, 4320133120],
    [
      'ppc64 with a PCI device on its one bridge',
      `<memory>1048576</memory>${PPC64}${devices(PLACED)}`,
      2168455168,
    ],
    [
      'ppc64 of 32 GiB, 64 at most, with a PCI device',
      `<memory unit='GiB'>32</memory><maxMemory slots='4' unit='GiB'>64</maxMemory>${PPC64}${devices(PLACED)}`,
      34164736 * KIB,
    ],
  ])('%s', (_, inside, limit) => {
    expect(limitOf(domain(inside))).toBe(limit)
  })

  it('is not set on ppc64 without KVM', () => {
    expect(limitOf(domain(`<memory>1048576</memory>${PPC64}`, "type='qemu'"))).toBe('unset')
  })

  it('is of memory rounded up to whole MiB', () => {
    expect(limitOf(domain(`<memory>219100</memory>${devices(PCI)}`))).toBe(214 * MIB + GIB)
    expect(guestOf(domain(`<memory>219100</memory>`)).ramBytes).toBe(219100 * KIB)
  })

  it('counts a virtio-mem device with its full size', () => {
    const device =
      "<memory model='virtio-mem'><target><size unit='GiB'>4</size><requested unit='GiB'>1</requested></target></memory>"
    expect(limitOf(domain(`<memory unit='GiB'>20</memory>${devices(PCI, device)}`))).toBe(21 * GIB)
    expect(guestOf(domain(`<memory unit='GiB'>20</memory>${devices(PCI, device)}`)).ramBytes).toBe(16 * GIB)
  })

  it('follows <locked/> and not a raw argument', () => {
    const raw =
      "<qemu:commandline xmlns:qemu='x'><qemu:arg value='-overcommit'/><qemu:arg value='mem-lock=on-fault'/></qemu:commandline>"
    expect(limitOf(domain(GIB16 + raw))).toBe('unset')
    expect(guestOf(domain(GIB16 + raw)).lock).toBe('on-fault')
  })

  it('counts an NVMe disk anywhere in the chain, and interfaces that come from a PCI device', () => {
    const chain =
      "<disk type='file'><source file='a'/><backingStore type='file'><backingStore type='nvme'/></backingStore></disk>"
    expect(limitOf(domain(GIB16 + devices(chain)))).toBe(17 * GIB)
    expect(limitOf(domain(GIB16 + devices("<interface type='hostdev'/>")))).toBe(17 * GIB)
    expect(limitOf(domain(GIB16 + devices("<hostdev mode='capabilities' type='storage'/>")))).toBe('unset')
  })

  it('is none where a hard limit is the largest number', () => {
    const memtune = '<memtune><hard_limit unit="KiB">9007199254740991</hard_limit></memtune>'
    expect(limitOf(domain(GIB16 + memtune))).toBe('unset')
    expect(guestOf(domain(GIB16 + memtune)).hardLimitBytes).toBe(0)
  })
})

describe('the memory of a domain', () => {
  it.each([
    ["<memory unit='KB'>1000</memory>", 1_000_000],
    ["<memory unit='k'>1024</memory>", MIB],
    ["<memory unit='GB'>1</memory>", 1e9],
    ["<memory unit='bytes'>4194304</memory>", 4 * MIB],
    ['<memory dumpCore="off">4096</memory>', 4 * MIB],
  ])('%s', (inside, bytes) => {
    expect(guestOf(domain(inside)).ramBytes).toBe(bytes)
  })

  it('is the sum of NUMA cells where these state it', () => {
    const numa = "<cpu><numa><cell memory='2' unit='GiB'/><cell memory='1048576'/></numa></cpu>"
    expect(guestOf(domain(`<memory unit='GiB'>4</memory>${numa}`)).ramBytes).toBe(3 * GIB)
    expect(sentences(domain(`<memory unit='GiB'>4</memory>${numa}`), 'assumed').join()).toMatch(/NUMA cells/)
  })

  it.each([
    ['<hugepages/>', 'hugetlb', 2 * MIB, true],
    ["<hugepages><page size='1' unit='G'/></hugepages>", 'hugetlb', GIB, true],
    [
      "<hugepages><page size='1048576' nodeset='0'/><page size='2048'/></hugepages>",
      'hugetlb',
      2 * MIB,
      true,
    ],
    ["<hugepages><page size='4'/></hugepages>", 'anon', 2 * MIB, false],
    ["<source type='memfd'/>", 'memfd', 2 * MIB, false],
    ["<source type='file'/><allocation mode='immediate'/>", 'file', 2 * MIB, true],
    ["<access mode='shared'/>", 'file', 2 * MIB, false],
    ['<nosharepages/>', 'anon', 2 * MIB, false],
  ])('%s', (inside, backing, hugePageBytes, prealloc) => {
    const guest = guestOf(domain(`${GIB16}<memoryBacking>${inside}</memoryBacking>`))
    expect(guest).toMatchObject({ backing, hugePageBytes, prealloc })
  })

  it('that is not understood is said with its line', () => {
    const result = importInput({ text: domain("\n<memory unit='furlong'>1</memory>") })
    expect(result.ok ? [] : result.issues[0]!.sentence).toMatch(/furlong/)
  })
})

describe('XML', () => {
  it.each([
    ['<!DOCTYPE domain [<!ENTITY a "aaaa">]>' + domain(GIB16), 'a document type'],
    ["<!DOCTYPE domain SYSTEM 'file:///etc/passwd'>" + domain(GIB16), 'a document type'],
    [domain(GIB16).replace('</vcpu>', ''), '‹/domain› closes ‹vcpu›'],
    [domain(GIB16).slice(0, -4), 'a tag does not end'],
    [`${'<a>'.repeat(200)}${domain(GIB16)}${'</a>'.repeat(200)}`, 'Maximum nested tags exceeded'],
  ])('%s is refused', (text, found) => {
    const result = importInput({ text })
    expect(result.ok ? '' : result.issues[0]!.found).toBe(found)
  })

  it('has comments, CDATA, entities of its own and name spaces of any prefix', () => {
    const text = `<!-- <domain> & -->${domain(GIB16).replace('>g<', '><![CDATA[a]]>&amp;&#98;&unknown;<')}`
    expect(guestOf(text).name).toBe('a&b&unknown;')
  })

  it('keeps escapes and tags out of names and sentences', () => {
    const text = domain(GIB16).replace('>g<', '>\u001b[31m&lt;script&gt;\u202e&#27;<')
    const result = read(text)
    const printed = JSON.stringify(result)
    for (const sign of ['\\u001b', '\u202e', '<', '>']) expect(printed).not.toContain(sign)
  })
})

import { describe, expect, it } from 'vitest'
import { GIB, MIB } from '../../../engine/quantity.ts'
import { importInput, recognise } from '../../../formats/import/index.ts'

function read(text: string) {
  const result = importInput({ text })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result
}
const qemu = (options: string) => read(`qemu-system-x86_64 ${options}`).guests![0]!

describe('a QEMU command line', () => {
  it.each([
    ['-m 4096', 4 * GIB],
    ['-m 4G', 4 * GIB],
    ['-m size=1.5G,slots=2,maxmem=8G', 1.5 * GIB],
    ['-m 2G,slots=2,maxmem=8G', 2 * GIB],
    ['-m 67108864k', 64 * GIB],
    ['-smp 2', 128 * MIB],
    ['-m 1G -m slots=2,maxmem=4G', GIB],
    ['--m 1G', GIB],
    ['-object memory-backend-ram,id=a,size=2G -numa node,memdev=a', 2 * GIB],
  ])('%s', (options, bytes) => {
    expect(qemu(options).ramBytes).toBe(bytes)
  })

  it.each([
    ['-smp 4', 4],
    ['-smp cpus=4,maxcpus=8', 4],
    ['-smp sockets=2,cores=4,threads=2', 16],
    ['-smp 2,maxcpus=4,sockets=4', 2],
    ['-m 1G', 1],
  ])('%s', (options, vcpus) => {
    expect(qemu(options).vcpus).toBe(vcpus)
  })

  it.each([
    ['-overcommit mem-lock=on', 'on'],
    ['-overcommit mem-lock=on-fault', 'on-fault'],
    ['-overcommit mem-lock=on -overcommit mem-lock=off', 'off'],
    ['-overcommit cpu-pm=on', 'off'],
    ['-realtime mlock=on', 'on'],
    ['-realtime mlock=off', 'off'],
  ])('%s', (options, lock) => {
    expect(qemu(options).lock).toBe(lock)
  })

  it.each([
    ['-mem-path /dev/hugepages -mem-prealloc', 'hugetlb', 2 * MIB, true],
    [
      '-object memory-backend-memfd,id=r,size=1G,hugetlb=on,hugetlbsize=1G -M q35,memory-backend=r',
      'hugetlb',
      GIB,
      false,
    ],
    [
      `-object '{"qom-type":"memory-backend-memfd","id":"r","size":1073741824,"prealloc":true}' -machine q35,memory-backend=r -m 1G`,
      'memfd',
      2 * MIB,
      true,
    ],
    ['-object memory-backend-shm,id=r,size=1G -machine memory-backend=r', 'shm', 2 * MIB, false],
    // A backend that nothing uses is not RAM.
    ['-object memory-backend-file,id=r,size=1G,mem-path=/a -m 1G', 'anon', 2 * MIB, false],
  ])('%s', (options, backing, hugePageBytes, prealloc) => {
    expect(qemu(options)).toMatchObject({ backing, hugePageBytes, prealloc })
  })

  it('has doubled commas, quotes, and devices as JSON', () => {
    const guest = qemu(
      `-name 'guest=a,,b,process=x' -device '{"driver":"vfio-pci","host":"0000:01:00.0"}' -device "vfio-pci,host=02:00.0" -device intel-iommu`,
    )
    expect(guest).toMatchObject({ name: 'a,b', devices: { pciHostdevs: 2, viommu: true } })
  })

  it('that reads a file is refused with a reason', () => {
    const result = importInput({ text: 'qemu-system-x86_64 -m 1G -readconfig vm.cfg' })
    expect(result).toMatchObject({ ok: false, issues: [{ path: '-readconfig' }] })
  })

  it('with a shell’s variable says so', () => {
    const result = read('qemu-system-x86_64 -m $MEM')
    expect(result.notes.some(note => note.kind === 'not understood' && note.sentence.includes('$MEM'))).toBe(
      true,
    )
  })

  it.each([
    'grep -r qemu-system-x86_64 -n .',
    'apt-get install qemu-system-x86 -y',
    'qemu - memlock unlimited',
  ])('%s is none', text => {
    expect(recognise({ text })?.id).not.toBe('qemu-command')
  })
})

describe('a llama.cpp command line', () => {
  it('locks with --mlock, reads with --no-mmap, and takes -c 0 as the model’s context', () => {
    const [workload] = read(
      'llama-server -m a/Qwen2.5-7B-Instruct-Q8_0.gguf -c 0 --mlock --no-mmap',
    ).workloads!
    expect(workload).toMatchObject({
      strategy: 'mlock',
      params: { model: 'Qwen2.5-7B', type: 'Q8_0', context: 131072, load: 'read' },
    })
  })

  it('of a model that is not on offer is refused with its name', () => {
    const result = importInput({ text: 'llama-server -m strange.gguf --mlock' })
    expect(result.ok ? '' : result.issues[0]!.sentence).toMatch(/strange\.gguf/)
  })
})

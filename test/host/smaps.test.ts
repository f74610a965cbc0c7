import { describe, expect, it } from 'vitest'
import { numberOf } from '../../host/proc-file.ts'
import { parseSmaps } from '../../host/smaps.ts'

const sample = `200020000000-200020004000 rw-p 00000000 00:00 0 
Size:                 16 kB
KernelPageSize:        4 kB
Rss:                   8 kB
Shared_Clean:          0 kB
Private_Dirty:         8 kB
Anonymous:             8 kB
Locked:                8 kB
VmFlags: rd wr mr mw me lo lf ac sd 
200060000000-200060010000 rw-s 00002000 00:01 2053                       /memfd:f (deleted)
Rss:                   4 kB
Swap:                 12 kB
VmFlags: rd wr sh mr mw me ms 
200060010000-200060020000 r--p 00000000 fe:00 1311                       /var/tmp/.f: odd (deleted)
Rss:                   0 kB
VmFlags: rd mr mw me 
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
Rss:                   4 kB
VmFlags: ex 
`

describe('smaps', () => {
  it('is read by mapping: bounds, flags of the format, sizes that are not 0', () => {
    expect(parseSmaps(sample)).toEqual([
      {
        start: 0x200020000000,
        end: 0x200020004000,
        flags: 'rd wr lo lf ac',
        fileOffset: 0,
        isShmem: false,
        sizes: { Rss: 8, Private_Dirty: 8, Anonymous: 8, Locked: 8 },
      },
      {
        start: 0x200060000000,
        end: 0x200060010000,
        flags: 'rd wr sh ms',
        fileOffset: 0x2000,
        isShmem: true,
        sizes: { Rss: 4, Swap: 12 },
      },
      {
        start: 0x200060010000,
        end: 0x200060020000,
        flags: 'rd',
        fileOffset: 0,
        isShmem: false,
        sizes: {},
      },
    ])
  })
})

describe('numberOf', () => {
  const status = 'Name:\tx VmLck: 7\nVmSize:\t      20 kB\nVmLck:\t       8 kB\n'
  it('reads a line of /proc/PID/status', () => expect(numberOf(status, 'VmLck')).toBe(8))
  it('is 0 for a line that is not there', () => expect(numberOf(status, 'VmPin')).toBe(0))
})

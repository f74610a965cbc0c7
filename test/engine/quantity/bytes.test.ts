import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DIALECTS,
  formatBytes,
  formatBytesExactly,
  formatBytesFor,
  GIB,
  KIB,
  MIB,
  parseBytes,
  parseLimit,
  parseLimitPair,
  TIB,
  type DialectId,
  type ReadOptions,
} from '../../../engine/quantity.ts'

const bytes = (text: string, options: ReadOptions = {}): number | string => {
  const parsed = parseBytes(text, options)
  return parsed.ok ? parsed.bytes : parsed.message
}
const as = (dialect: DialectId, text: string): number | string => bytes(text, { dialect })

describe('amounts as people write them', () => {
  it.each([
    ['16 GiB', 16 * GIB],
    ['16GiB', 16 * GIB],
    ['16g', 16 * GIB],
    ['350 GB', 350e9],
    ['350 gb', 350e9],
    ['1.5T', 1.5 * TIB],
    ['1.1 GB', 1_100_000_000],
    ['.5 MiB', MIB / 2],
    ['24 * 16G', 384 * GIB],
    ['16G*24', 384 * GIB],
    ['(1 TiB - 64 GiB) / 2', 480 * GIB],
    ['1TiB - 64GiB / 2', TIB - 32 * GIB],
    ['16 GiB * 110%', Math.round(17.6 * GIB)],
    ['2 × 3 × 4 KiB', 24 * KIB],
    ['9007199254740992 B', 2 ** 53],
    ['0 B', 0],
  ])('%s', (text, expected) => expect(bytes(text)).toBe(expected))

  it('a percentage is of what the field says', () => {
    expect(bytes('2.5%', { baseBytes: 64 * GIB })).toBe(Math.round(1.6 * GIB))
    expect(bytes('100% - 10%', { baseBytes: 1000 })).toBe(900)
    expect(bytes('2.5%')).toContain('nothing here that a percentage could be of')
  })

  it('a number alone has the unit of its field, or needs one', () => {
    expect(bytes('16', { defaultUnit: 'GiB' })).toBe(16 * GIB)
    expect(bytes('0.1', { defaultUnit: 'GB' })).toBe(100_000_000)
    expect(bytes('2 * 8', { defaultUnit: 'GiB' })).toBe(16 * GIB)
    expect(bytes('16')).toContain('"16": a number needs a unit here. Allowed: a number with one of B, ')
  })

  it.each([
    ['', 'found nothing'],
    ['lots', 'expected a number, found "lots"'],
    ['16 GX', 'unknown unit "GX"'],
    ['12 + 4G', 'each side of + or - needs a unit'],
    ['4G * 4G', 'not an amount'],
    ['4 / 4G', 'not an amount'],
    ['4G / 0', 'division by zero'],
    ['(4G', 'not closed'],
    ['4G)', 'unexpected ")"'],
    ['4G 4G', 'unexpected "4G"'],
    ['1G - 2G', 'negative'],
    ['-1G', 'expected a number'],
    ['9007199254740993 B * 2', 'too large'],
    ['1e999 GiB', 'unknown unit'],
    ['NaN', 'expected a number'],
    ['1,5 GiB', 'unexpected ",5 GiB"'],
    ['('.repeat(1000), 'too many brackets'],
    ['__proto__', 'expected a number'],
    ['1 constructor', 'unknown unit'],
  ])('%s is refused with what was found', (text, why) => expect(bytes(text)).toContain(why))

  it('whatever is typed, the answer is whole bytes from 0 to 2^53 or a sentence', () => {
    const piece = fc.constantFrom(
      '1',
      '.5',
      '99999999999',
      'G',
      'KB',
      '%',
      '*',
      '/',
      '+',
      '-',
      '(',
      ')',
      ' ',
      'e',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const parsed = parseBytes(pieces.join(''), { baseBytes: GIB })
        if (!parsed.ok) return parsed.message.length > 10
        return Number.isSafeInteger(parsed.bytes) || parsed.bytes === 2 ** 53
      }),
      { seed: 1, numRuns: 2000 },
    )
  })
})

describe('amounts as each system writes them', () => {
  it.each<[DialectId, string, number]>([
    ['libvirt', '33554432', 32 * GIB],
    ['libvirt', '1 KB', 1000],
    ['libvirt', '1 k', 1024],
    ['libvirt', '1 KiB', 1024],
    ['libvirt', '1 gb', 1e9],
    ['libvirt', '1 bytes', 1],
    ['qemu-m', '512', 512 * MIB],
    ['qemu-m', '64G', 64 * GIB],
    ['qemu-size', '512', 512],
    ['qemu-size', '1.5g', 1.5 * GIB],
    ['qemu-size', '0x40000000', GIB],
    ['systemd', '34G', 34 * GIB],
    ['systemd', '8388608', 8 * MIB],
    ['kubernetes', '1G', 1e9],
    ['kubernetes', '1Gi', GIB],
    ['kubernetes', '1.5Gi', 1.5 * GIB],
    ['kubernetes', '1500m', 2],
    ['kubernetes', '12e6', 12e6],
    ['kubernetes', '0.1Gi', 107374183],
    ['docker', '8388608', 8 * MIB],
    ['ulimit', '64', 64 * KIB],
    ['limits.conf', '65536', 64 * MIB],
    ['proc', '24684096 kB', 24684096 * KIB],
    ['proc', '4194300', 4194300 * KIB],
    ['proxmox', '65536', 64 * GIB],
    ['sysctl', '67584', 66 * MIB],
  ])('%s: %s', (dialect, text, expected) => expect(as(dialect, text)).toBe(expected))

  it.each<[DialectId, string, string]>([
    ['docker', '8G', 'unknown unit "G". Allowed: a number in bytes'],
    ['docker', '1.5', 'only whole numbers'],
    ['ulimit', '8M', 'Allowed: a number in KiB; for a limit also unlimited (ulimit -l)'],
    ['kubernetes', '1gi', 'unknown unit "gi"'],
    ['kubernetes', '1 Gi', 'no blank'],
    ['systemd', '8g', 'unknown unit "g"'],
    ['systemd', '24 * 1G', 'not a number with a unit'],
    ['libvirt', '10%', 'no percentages'],
    ['proxmox', '-1', 'negative amounts are refused'],
    ['qemu-size', '1e3', 'no exponents'],
    ['kubernetes', '1e999', 'too large'],
    ['libvirt', '99999999 EiB', 'too large'],
  ])('%s refuses %s', (dialect, text, why) => expect(as(dialect, text)).toContain(why))

  it('an attribute gives the unit of a libvirt number', () => {
    expect(bytes('32', { dialect: 'libvirt', defaultUnit: 'GiB' })).toBe(32 * GIB)
    expect(bytes('32', { dialect: 'libvirt', defaultUnit: 'pages' })).toContain('unknown unit "pages"')
  })
})

describe('limits', () => {
  it.each<[DialectId, string]>([
    ['systemd', 'infinity'],
    ['ulimit', 'unlimited'],
    ['limits.conf', '-1'],
    ['docker', '-1'],
    ['people', 'Unlimited'],
  ])('%s says %s for none', (dialect, text) =>
    expect(parseLimit(text, { dialect })).toEqual({ ok: true, limitBytes: 'unlimited' }),
  )

  it('docker and systemd take soft:hard, and hard defaults to soft', () => {
    expect(parseLimitPair('64:128', { dialect: 'docker' })).toEqual({
      ok: true,
      softBytes: 64,
      hardBytes: 128,
    })
    expect(parseLimitPair('8M:infinity', { dialect: 'systemd' })).toEqual({
      ok: true,
      softBytes: 8 * MIB,
      hardBytes: 'unlimited',
    })
    expect(parseLimitPair('64', { dialect: 'docker' })).toEqual({ ok: true, softBytes: 64, hardBytes: 64 })
    expect(parseLimitPair('-1:64', { dialect: 'docker' })).toMatchObject({ ok: false })
    expect(parseLimitPair('1:2:3', { dialect: 'docker' })).toMatchObject({ ok: false })
    expect(parseLimitPair('1:2', { dialect: 'ulimit' })).toMatchObject({ ok: false })
  })
})

describe('printing', () => {
  it.each([
    [16 * GIB, '16 GiB'],
    [1.5 * TIB, '1.5 TiB'],
    [160 * GIB, '160 GiB'],
    [332 * KIB, '332 KiB'],
    [512, '512 B'],
    [0, '0 B'],
    [18_253_611_009, '17 GiB'],
    [TIB - 1, '1 TiB'],
    [350e9, '325.96 GiB'],
    [-MIB, '-1 MiB'],
    [Infinity, 'unlimited'],
  ])('%d bytes are %s', (value, text) => expect(formatBytes(value)).toBe(text))

  it('what is printed exactly is read back exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), value => {
        const amount = Math.abs(value)
        return bytes(formatBytesExactly(amount)) === amount
      }),
      { seed: 1 },
    )
    expect(formatBytesExactly(18_253_611_009)).toBe('18253611009 B')
    expect(formatBytesExactly(1.25 * GIB)).toBe('1.25 GiB')
  })

  it.each<[DialectId, number | 'unlimited', string]>([
    ['systemd', 34 * GIB, '34G'],
    ['systemd', 34 * GIB + 1, '36507222017'],
    ['systemd', 'unlimited', 'infinity'],
    ['docker', 34 * GIB, '36507222016'],
    ['docker', 'unlimited', '-1'],
    ['ulimit', 34 * GIB + 1, '35651585'],
    ['limits.conf', 'unlimited', 'unlimited'],
    ['kubernetes', 1532 * MIB, '1532Mi'],
    ['libvirt', 36 * GIB, '37748736'],
    ['qemu-size', 1.5 * GIB, '1536M'],
    ['proxmox', 64 * GIB, '65536'],
    ['people', 1.5 * GIB, '1536 MiB'],
    ['proc', 64 * KIB, '64 kB'],
  ])('%s writes %s as %s', (dialect, amount, text) => expect(formatBytesFor(amount, dialect)).toBe(text))

  it('what a place writes it reads back as no less, and as the same where it can say it', () => {
    for (const dialect of Object.keys(DIALECTS) as DialectId[])
      for (const amount of [0, KIB, 3 * MIB, 34 * GIB, 5 * TIB]) {
        if (amount % MIB !== 0 && dialect === 'proxmox') continue
        expect([dialect, as(dialect, formatBytesFor(amount, dialect))]).toEqual([dialect, amount])
      }
  })
})

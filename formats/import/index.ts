/** The formats that are read, and how a text finds its own. Recognition is by content, never by the name of a file. */
import { quoted } from '../safe-text.ts'
import { compose } from './compose.ts'
import { decodeLatin1, textOf } from './decode.ts'
import { dommemstat } from './dommemstat.ts'
import { gguf } from './gguf.ts'
import { holdfastExport } from './holdfast-export.ts'
import { holdfastPlan } from './holdfast-plan.ts'
import { hostBundle } from './host-bundle.ts'
import {
  MOST_CHARACTERS,
  type Importer,
  type ImportInput,
  type ImportOptions,
  type ImportResult,
} from './importer.ts'
import { kubernetes } from './kubernetes.ts'
import { libvirt } from './libvirt.ts'
import { limitsD } from './limits-d.ts'
import { llamaCommand } from './llama-command.ts'
import { lscpu } from './lscpu.ts'
import { refused } from './notes.ts'
import { procLimits } from './proc-limits.ts'
import { procMeminfo } from './proc-meminfo.ts'
import { procSmaps, procSmapsRollup } from './proc-smaps.ts'
import { procStatus } from './proc-status.ts'
import { procSwaps } from './proc-swaps.ts'
import { proxmox } from './proxmox.ts'
import { qemuCommand } from './qemu-command.ts'
import { strace } from './strace.ts'
import { sysfsHugepages } from './sysfs-hugepages.ts'
import { systemdUnit } from './systemd-unit.ts'

/** Those that the beginning of a text gives away come first; should two recognise one text, the first reads it. */
export const IMPORTERS: readonly Importer[] = [
  gguf,
  holdfastExport,
  holdfastPlan,
  hostBundle,
  libvirt,
  lscpu,
  procMeminfo,
  procSwaps,
  procStatus,
  procLimits,
  procSmapsRollup,
  procSmaps,
  sysfsHugepages,
  dommemstat,
  systemdUnit,
  kubernetes,
  compose,
  proxmox,
  limitsD,
  strace,
  qemuCommand,
  llamaCommand,
]

/** So much of a text is looked at to recognise it. */
const HEAD_CHARACTERS = 256 * 1024

/** The beginning of an input: GGUF files by their bytes, everything else as text. */
export function headOf(input: ImportInput): string {
  if ('text' in input) return textOf({ text: input.text.slice(0, HEAD_CHARACTERS) })
  const bytes = input.bytes.subarray(0, HEAD_CHARACTERS)
  const isGguf = bytes[0] === 0x47 && bytes[1] === 0x47 && bytes[2] === 0x55 && bytes[3] === 0x46
  return isGguf ? decodeLatin1(bytes.subarray(0, 4096)) : textOf({ bytes: wholeCharacters(bytes) })
}

/** Without the part of a character that the cut left at the end. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEAD_CHARACTERS) return bytes
  let end = bytes.length
  while (end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--
  return ((bytes[end - 1] ?? 0) & 0xc0) === 0xc0 ? bytes.subarray(0, end - 1) : bytes
}

/** Every importer that takes the input for its own; for all that is known it is one. */
export function recognisedBy(input: ImportInput): Importer[] {
  const head = headOf(input)
  return IMPORTERS.filter(importer => importer.recognises(head))
}

/** The importer of an input; undefined for one that nobody knows. */
export function recognise(input: ImportInput): Importer | undefined {
  const head = headOf(input)
  return IMPORTERS.find(importer => importer.recognises(head))
}

/** Reads an input with the importer that recognises it, or with one that was chosen. */
export function importInput(
  input: ImportInput,
  options: ImportOptions = {},
  chosen?: Importer,
): ImportResult {
  const importer = chosen ?? recognise(input)
  if (importer === undefined)
    return refused({
      path: '',
      found: quoted(headOf(input).trimStart().slice(0, 200)),
      allowed: IMPORTERS.map(({ title }) => title).join(', '),
      sentence: 'This is none of the formats that are read.',
    })
  const most = importer.maxCharacters ?? MOST_CHARACTERS
  const length = 'text' in input ? input.text.length : input.bytes.length
  // Of a GGUF file only its header is read, however large the file is.
  if (length > most && importer !== gguf)
    return refused({
      path: '',
      found: `${length} characters`,
      allowed: `at most ${most}`,
      sentence: `${importer.title}: the text has ${length} characters; allowed are ${most}.`,
    })
  return importer.read(input, options)
}

/** The kinds of mapping that the matrices go through. */
import { file, hugetlbfd, memfd, secretmem } from './build.ts'
import type { Settings } from './build.ts'

export interface Kind {
  readonly id: string
  /** For doc sentences: `a private anonymous rw mapping`. */
  readonly says: string
  readonly words: string
  /** Pages; 512 for hugetlb. */
  readonly pages: number
  readonly how: Settings
}

const kind = (id: string, says: string, words: string, how: Settings = {}, pages = 8): Kind => ({
  id,
  says,
  words,
  pages,
  how,
})
const each = <T extends string>(prots: readonly T[], make: (prot: T) => Kind) => prots.map(make)

const sparse = { files: { f: memfd(8) } }
const filled = { files: { f: memfd(8, 'filled') } }
const disk = { files: { f: file(8) } }

export const kinds: readonly Kind[] = [
  ...each(['rw', 'r', 'w', 'none', 'x', 'rx', 'rwx'], p =>
    kind(`anon-${p}`, `private anonymous ${p} memory`, p),
  ),
  ...each(['rw', 'r', 'w', 'none'], p =>
    kind(`shared-anon-${p}`, `shared anonymous ${p} memory`, `${p} shared`),
  ),
  ...each(['rw', 'r', 'w', 'none'], p =>
    kind(`memfd-shared-${p}`, `a shared ${p} mapping of an empty memfd`, `${p} shared file=f`, sparse),
  ),
  ...each(['rw', 'r', 'w', 'none'], p =>
    kind(`memfd-private-${p}`, `a private ${p} mapping of an empty memfd`, `${p} file=f`, sparse),
  ),
  ...each(['rw', 'r'], p =>
    kind(`memfd-filled-shared-${p}`, `a shared ${p} mapping of a filled memfd`, `${p} shared file=f`, filled),
  ),
  ...each(['rw', 'r', 'none'], p =>
    kind(`memfd-filled-private-${p}`, `a private ${p} mapping of a filled memfd`, `${p} file=f`, filled),
  ),
  ...each(['rw', 'r', 'w', 'none', 'rx'], p =>
    kind(`file-shared-${p}`, `a shared ${p} mapping of a cached file`, `${p} shared file=f`, disk),
  ),
  ...each(['rw', 'r', 'w', 'none', 'x'], p =>
    kind(`file-private-${p}`, `a private ${p} mapping of a cached file`, `${p} file=f`, disk),
  ),
  kind('file-readonly-shared-r', 'a shared r mapping of a file opened for reading', 'r shared file=f', {
    files: { f: file(8, 'r') },
  }),
  kind('file-readonly-private-rw', 'a private rw mapping of a file opened for reading', 'rw file=f', {
    files: { f: file(8, 'r') },
  }),
  kind('memfd-readonly-shared-r', 'a shared r mapping of a memfd opened for reading', 'r shared file=f', {
    files: { f: memfd(8, 'r') },
  }),
  kind(
    'file-beyond-eof-shared-rw',
    'a shared mapping that reaches beyond the end of its file',
    'rw shared file=f',
    {
      files: { f: file(4) },
    },
  ),
  kind(
    'file-beyond-eof-private-rw',
    'a private mapping that reaches beyond the end of its file',
    'rw file=f',
    {
      files: { f: file(4) },
    },
  ),
  kind(
    'memfd-beyond-eof-shared-rw',
    'a mapping that reaches beyond the end of its memfd',
    'rw shared file=f',
    {
      files: { f: memfd(4) },
    },
  ),
  kind('noreserve-rw', 'a MAP_NORESERVE mapping', 'rw noreserve'),
  kind('growsdown-rw', 'a MAP_GROWSDOWN mapping', 'rw growsdown'),
  kind('stack-rw', 'a MAP_STACK mapping', 'rw stack'),
  kind('droppable-rw', 'MAP_DROPPABLE memory', 'rw droppable'),
  kind('droppable-r', 'read-only MAP_DROPPABLE memory', 'r droppable'),
  kind('secretmem-rw', 'a shared rw mapping of secretmem', 'rw shared file=f', {
    files: { f: secretmem(8) },
  }),
  kind('secretmem-r', 'a shared r mapping of secretmem', 'r shared file=f', { files: { f: secretmem(8) } }),
  kind('hugetlb-rw', 'private hugetlb memory', 'rw hugetlb', { hugetlb: 4 }, 512),
  kind('hugetlb-r', 'private read-only hugetlb memory', 'r hugetlb', { hugetlb: 4 }, 512),
  kind('hugetlb-none', 'private PROT_NONE hugetlb memory', 'none hugetlb', { hugetlb: 4 }, 512),
  kind('hugetlb-shared-rw', 'shared hugetlb memory', 'rw shared hugetlb', { hugetlb: 4 }, 512),
  kind(
    'hugetlbfd-shared-rw',
    'a shared mapping of a hugetlb file',
    'rw shared file=f',
    {
      hugetlb: 4,
      files: { f: hugetlbfd('2M') },
    },
    512,
  ),
  kind(
    'hugetlbfd-private-rw',
    'a private mapping of a hugetlb file',
    'rw file=f',
    {
      hugetlb: 4,
      files: { f: hugetlbfd('2M') },
    },
    512,
  ),
]

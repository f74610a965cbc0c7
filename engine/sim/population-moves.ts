/** Populations changed from outside: memory that set-up brings in, tasks that end. */
import { addFresh, PLACES, type Population } from './population.ts'

/** Brings so many pages in, of those that are absent first. Returns how many there were to bring. */
export function putInMemory(p: Population, pages: number): number {
  const wanted = pages / p.folioPages
  const absent = Math.min(wanted, p.absent)
  const cached = Math.min(wanted - absent, p.cached)
  p.absent -= absent
  p.cached -= cached
  const came = absent + cached
  if (p.lock === 'none') addFresh(p, came)
  else p.locked += came
  if (p.kind === 'file') p.clean += came
  return came * p.folioPages
}

/** What is left of a population when a share of its tasks has gone; what was counted stays counted. */
export function keepShare(p: Population, share: number): Population {
  const left: Population = { ...p, nrFolios: p.nrFolios * share, cells: p.cells.map(n => n * share) }
  for (const place of PLACES) left[place] = p[place] * share
  left.clean = p.clean * share
  return left
}

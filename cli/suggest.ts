/** A guess at what was meant: the reader of plans makes the same. */
export { didYouMean } from '../formats/suggest.ts'

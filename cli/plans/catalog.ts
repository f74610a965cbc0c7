/** The lists of the engine: those of the application. */
export { CATALOG } from '../../app/catalog.ts'

/** Figures as people read them: the same as on charts. */
export * from '../charts/format.ts'

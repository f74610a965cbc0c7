/** The screens of the window: plain data, which a menu of the desktop shell reads, too. */

/** One screen answers one question. To add one: a line here, and its view in `App.svelte`. */
export const SCREENS = [
  { id: 'library', title: 'Library', key: '1', icon: 'M3 4h4v12H3zM9 4h3v12H9zM14 4.5l3-.8 2.6 12-3 .8z' },
  { id: 'plan', title: 'Plan', key: '2', icon: 'M3 4h7v12H3zM12 4h6v5h-6zM12 11h6v5h-6z' },
  { id: 'compare', title: 'Compare', key: '3', icon: 'M10 3v14M4 7h5v10H4zM11 4h5v13h-5z' },
  {
    id: 'capacity',
    title: 'Capacity',
    key: '4',
    icon: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM14 11.5v5M11.5 14h5',
  },
  { id: 'explore', title: 'Explore', key: 'e', icon: 'M3 16c4 0 3-9 7-9s3 5 7 5M3 3v14h14M6 6h.1M13 5h.1' },
  { id: 'limits', title: 'Limits', key: '5', icon: 'M5 9V6.5a5 5 0 0 1 10 0V9M4 9h12v8H4zM10 12v2.5' },
  {
    id: 'reality',
    title: 'Reality',
    key: '6',
    icon: 'M3 15l4-5 3 3 7-8M5 6.5h.01M9 8h.01M13 11h.01M17 9h.01',
  },
  { id: 'report', title: 'Report', key: '7', icon: 'M5 3h7l3 3v11H5zM12 3v3h3M8 10h5M8 13h5' },
  {
    ...{ id: 'machines', title: 'Machines', key: '8' },
    icon: 'M3 4h14v5H3zM3 11h14v5H3zM6 6.5h.1M6 13.5h.1M9 6.5h5M9 13.5h5',
  },
  { id: 'settings', title: 'Settings', key: '9', icon: 'M3 6h9M15 6h2M3 14h2M8 14h9M12 4v4M6.5 12v4' },
] as const
/** These stand at the foot of the rail: they are not about the plan. */
export const BELOW: readonly string[] = ['machines', 'settings']
export type ScreenId = (typeof SCREENS)[number]['id']

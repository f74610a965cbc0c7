/** What a window gets of the main process: three functions that take and give text, and nothing else. */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron'
import { CHANNELS } from './channels.ts'
import type { Bridge } from './client.ts'

type Hear = (text: string) => void

const waiting = new Map<string, Hear>()
const listeners = new Set<{ readonly listen: Hear }>()

ipcRenderer.on(CHANNELS.progress, (_: IpcRendererEvent, id: string, text: string) => waiting.get(id)?.(text))
ipcRenderer.on(CHANNELS.event, (_: IpcRendererEvent, text: string) => {
  for (const { listen } of [...listeners]) listen(text)
})

const bridge: Bridge = {
  call: async (id, method, input, onProgress) => {
    waiting.set(id, onProgress)
    try {
      return (await ipcRenderer.invoke(CHANNELS.call, id, method, input)) as string
    } finally {
      waiting.delete(id)
    }
  },
  cancel: id => ipcRenderer.send(CHANNELS.cancel, id),
  subscribe: listen => {
    const entry = { listen }
    listeners.add(entry)
    if (listeners.size === 1) ipcRenderer.send(CHANNELS.listen)
    return () => void listeners.delete(entry)
  },
}

contextBridge.exposeInMainWorld('holdfast', bridge)

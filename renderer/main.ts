import { mount } from 'svelte'
import App from './App.svelte'
import { ask } from './api.ts'
import Rescue from './views/Rescue.svelte'
import './tokens.css'
import './base.css'

const target = document.getElementById('app')
if (target !== null)
  void ask('rescue.get', {})
    // What does not answer now tells so in the window, too.
    .catch(() => ({ problem: null }))
    .then(({ problem }) => {
      if (problem === null) mount(App, { target })
      else mount(Rescue, { target, props: { problem } })
    })

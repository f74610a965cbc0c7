/** What must not get in: each request is refused with a reason, and the server goes on. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { METHODS, type Answer, type Method } from '../../app/contract.ts'
import { createApp } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import { MOST_BYTES } from '../../server/read-body.ts'
import { startServer, type RunningServer } from '../../server/start-server.ts'
import { PLAN } from '../app/calls.ts'
import { PATHS_OUTSIDE } from './paths-outside.ts'
import { wrongValues } from './wrong-values.ts'

const broken: unknown[] = []
const onBroken = (error: unknown): void => void broken.push(error)
const store = memoryStore()
const app = createApp({ store, onBroken, lookEveryMs: 0 })
const folder = mkdtempSync(join(tmpdir(), 'holdfast-server-'))
const renderer = join(folder, 'page')
let server: RunningServer
let port: number
let planBefore: unknown

beforeAll(async () => {
  mkdirSync(join(renderer, 'assets'), { recursive: true })
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>the page</title>')
  writeFileSync(join(renderer, 'assets', 'main.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  symlinkSync(join(folder, 'secret.txt'), join(renderer, 'link.txt'))
  server = await startServer({ app, renderer, onBroken })
  port = Number(new URL(server.origin).port)
  const made = await app.call('plans.create', { origin: { from: 'document', document: PLAN } })
  planBefore = made.ok ? made.value : null
})
afterAll(async () => {
  await server.close()
  await app.close()
  rmSync(folder, { recursive: true })
})

/** After every test the server answers, nothing broke, and the store is what it was. */
afterEach(async () => {
  const { status, answer } = await ask({ path: '/rpc/plans.list', body: '{}' })
  expect(status).toBe(200)
  const plans = answer?.ok === true ? answer.value : null
  expect(plans).toEqual([expect.objectContaining({ id: (planBefore as { id: string }).id, revision: 1 })])
  expect(broken).toEqual([])
})

interface Asked {
  readonly path: string
  readonly method?: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly answer: Answer<unknown> | null
}

/** A request whose Host, path and headers are sent as they are given. */
function ask({ path, method, body, headers = {} }: Asked): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const usual = {
      host: `127.0.0.1:${port}`,
      authorization: `Bearer ${server.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const way = method ?? (body === undefined ? 'GET' : 'POST')
    const all = Object.fromEntries(Object.entries({ ...usual, ...headers }).filter(([, text]) => text !== ''))
    const req = request({ host: '127.0.0.1', port, path, method: way, headers: all, agent: false }, res => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (piece: string) => (text += piece))
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text, answer: answerIn(text) }),
      )
    })
    req.on('error', reject)
    req.end(body)
  })
}

function answerIn(text: string): Answer<unknown> | null {
  const last = text.trimEnd().split('\n').at(-1) ?? ''
  if (!last.startsWith('{"r"')) return null
  return (JSON.parse(last) as { r: Answer<unknown> }).r
}

const codeOf = ({ answer }: Reply): string => (answer?.ok === false ? answer.error.code : 'ok')
const list = { path: '/rpc/plans.list', body: '{}' } as const

describe('who asks', () => {
  it.each([
    ['no token', ''],
    ['another token', 'Bearer 0000'],
    ['another scheme', 'Basic 0000'],
    ['a very long token', `Bearer ${'x'.repeat(5000)}`],
  ])('%s is refused', async (_, authorization) => {
    for (const asked of [list, { path: '/events' }]) {
      const reply = await ask({ ...asked, headers: { authorization } })
      expect([reply.status, codeOf(reply)]).toEqual([401, 'not-allowed'])
    }
  })

  it('a token in the address does not count', async () => {
    const asked = { ...list, path: `/rpc/plans.list?token=${server.token}` }
    expect((await ask({ ...asked, headers: { authorization: '' } })).status).toBe(401)
  })

  it.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1',
    '127.0.0.1:1',
    '0.0.0.0:80',
    'localhost.evil.example',
  ])('Host %s is refused, for pages, too: another name may be made to point here', async host => {
    for (const asked of [list, { path: '/' }, { path: '/assets/main.js' }])
      expect((await ask({ ...asked, headers: { host } })).status).toBe(403)
  })

  it.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1', 'file://'])(
    'Origin %s is refused',
    async origin => {
      const reply = await ask({ ...list, headers: { origin } })
      expect([reply.status, codeOf(reply)]).toEqual([403, 'not-allowed'])
    },
  )

  it('its own Origin and localhost are let in', async () => {
    expect((await ask({ ...list, headers: { origin: server.origin } })).status).toBe(200)
    const headers = { host: `localhost:${port}`, origin: `http://localhost:${port}` }
    expect((await ask({ ...list, headers })).status).toBe(200)
  })

  it('what a browser marks as of another site is refused', async () => {
    const marked = { 'sec-fetch-site': 'cross-site' }
    for (const asked of [list, { path: '/' }, { path: '/assets/main.js' }])
      expect((await ask({ ...asked, headers: marked })).status).toBe(403)
    const inFrame = { ...marked, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }
    expect((await ask({ path: '/', headers: inFrame })).status).toBe(403)
  })

  it('a link that a person followed shows the start page, and nothing else', async () => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    expect((await ask({ path: '/', headers })).status).toBe(200)
    for (const asked of [list, { path: '/events' }, { path: '/assets/main.js' }])
      expect((await ask({ ...asked, headers })).status).toBe(403)
  })

  it('a preflight is refused, and no answer allows another origin', async () => {
    const reply = await ask({ path: '/rpc/plans.list', method: 'OPTIONS' })
    expect(reply.status).toBe(405)
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('other machines cannot even connect', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find(address => address?.family === 'IPv4' && !address.internal)
    if (outside === undefined) return
    await expect(
      new Promise((resolve, reject) => {
        connect(port, outside.address, () => resolve('connected')).on('error', reject)
      }),
    ).rejects.toThrow('ECONNREFUSED')
  })
})

describe('what is asked', () => {
  it.each([
    ['GET', '/rpc/plans.list', 405],
    ['POST', '/events', 405],
    ['DELETE', '/', 405],
    ['POST', '/rpc/', 404],
    ['POST', '/rpc/no.such-method', 404],
    ['POST', '/rpc/__proto__', 404],
    ['POST', '/rpc/constructor', 404],
    ['POST', '/rpc/plans.list/../plans.list', 404],
  ])('%s %s is answered by %i', async (method, path, status) => {
    expect((await ask({ path, method, body: '{}' })).status).toBe(status)
  })

  it.each([
    ['text of another type', '{}', { 'content-type': 'text/plain' }, 415, 'not-json'],
    ['no type', '{}', { 'content-type': '' }, 415, 'not-json'],
    ['no JSON', '{"a":', {}, 400, 'not-json'],
    ['nothing', '', {}, 400, 'not-json'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400, 'not-json'],
  ])('%s is refused', async (_, body, headers, status, code) => {
    const reply = await ask({
      path: '/rpc/plans.list',
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    })
    expect([reply.status, codeOf(reply)]).toEqual([status, code])
  })

  it('a body that is too large is refused, whether it says so or not', async () => {
    const large = Buffer.alloc(MOST_BYTES + 1, 0x20)
    const known = await ask({ path: '/rpc/plans.list', body: large })
    expect([known.status, codeOf(known)]).toEqual([413, 'too-large'])
    const unknown = await ask({
      path: '/rpc/plans.list',
      body: large,
      headers: { 'transfer-encoding': 'chunked' },
    })
    expect([unknown.status, codeOf(unknown)]).toEqual([413, 'too-large'])
  })

  it('JSON that is nested without end is refused', async () => {
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`
    const reply = await ask({ path: '/rpc/plans.check', body: `{"document":${deep}}` })
    expect([reply.status, codeOf(reply)]).toEqual([400, 'bad-input'])
  })

  it('half a request, and then silence or the end, harms nobody', async () => {
    const head = `POST /rpc/plans.list HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${server.token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"sea`
    await new Promise<void>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(head, () => setTimeout(() => socket.destroy(), 50))
      })
      socket.on('close', () => resolve())
    })
  })

  it('what is no HTTP is answered by 400', async () => {
    const text = await new Promise<string>(resolve => {
      let all = ''
      const socket = connect(port, '127.0.0.1', () => socket.write('\x16\x03\x01 hello\r\n\r\n'))
      socket.on('data', piece => (all += piece.toString()))
      socket.on('close', () => resolve(all))
    })
    expect(text).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('which files', () => {
  it('those of the page are sent, with a policy that lets no other script run', async () => {
    const page = await ask({ path: '/', headers: { authorization: '' } })
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('the page')])
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(/script-src[^;]*/.exec(policy)?.[0]).not.toMatch(/unsafe|\*|http/)
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect((await ask({ path: '/assets/main.js' })).headers['content-type']).toMatch(/^text\/javascript/)
    expect((await ask({ path: '/', method: 'HEAD' })).text).toBe('')
  })

  it.each([...PATHS_OUTSIDE, 'http://evil.example/secret.txt'])('%s is not sent', async path => {
    const reply = await ask({ path })
    expect([reply.status, codeOf(reply)]).toEqual([404, 'not-found'])
    expect(reply.text).not.toContain('secret"')
  })

  it('a page that was not built says so', async () => {
    const other = await startServer({ app, renderer: join(folder, 'none') })
    const response = await fetch(other.origin)
    expect(await response.text()).toContain('has not been built')
    await other.close()
  })
})

describe('malformed input to every method', () => {
  it.each(Object.keys(METHODS) as Method[])('%s', async method => {
    const wrong = wrongValues(METHODS[method].input)
    expect(wrong.length).toBeGreaterThan(4)
    for (const input of wrong) {
      const body = JSON.stringify(input)
      // Wrong by the contract, so that the test means something.
      expect(METHODS[method].input.safeParse(JSON.parse(body)).success).toBe(false)
      const reply = await ask({ path: `/rpc/${method}`, body })
      expect([body.slice(0, 100), reply.status, codeOf(reply)]).toEqual([
        body.slice(0, 100),
        400,
        'bad-input',
      ])
      const error = reply.answer?.ok === false ? reply.answer.error : null
      expect(error?.issues?.length).toBeGreaterThan(0)
    }
  })
})

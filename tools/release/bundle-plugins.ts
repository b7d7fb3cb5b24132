/** What makes bundles start fast, for the release and for the tests that kill bundled programs. */
import type { Plugin } from 'rolldown'

/** Isn't installed; `pg` asks for it when it is wanted. */
export const leftOutside = /^pg-native$/

/** Libraries ask for all of them at once, and a start without TLS needs nothing of them. */
const seldomUsed = new Set(['node:http2', 'node:https', 'node:tls'])

/**
 * What a module takes of Node, taken when it runs. Imported as usual, a part of Node gives all its names at once, and some of
 * those load much: the `WebSocket` of `node:http` an HTTP client that the service never uses.
 */
export const partsOfNode: Plugin = {
  name: 'parts of node',
  resolveId: (id: string, importer: string | undefined) => {
    if (!id.startsWith('node:')) return null
    // The bundle's own beginning has nothing to take it with yet.
    if (importer?.startsWith('\0rolldown')) return { id, external: true }
    return { id: `\0${id}`, moduleSideEffects: false }
  },
  load: (id: string) => {
    if (!id.startsWith('\0node:')) return null
    const part = `process.getBuiltinModule('${id.slice(1)}')`
    if (!seldomUsed.has(id.slice(1))) return `module.exports = ${part}`
    const names = Object.keys(process.getBuiltinModule(id.slice(1)) as object)
    const getters = names.map((name) => `get ${name}() { return ${part}.${name} }`)
    return `module.exports = { ${getters.join(', ')} }`
  },
}

/** A file that holds nothing but ASCII is read several times as fast. */
export const asciiOnly: Plugin = {
  name: 'ascii only',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = escaped(chunk.code)
  },
}

const escaped = (code: string): string =>
  code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * How the dashboard is built: addresses relative to `<base>` of index.html, so that one build is served under any path. `npm run
 * dashboard:dev` serves the sources instead and hands what is the API's to the service at `MANILA_URL`.
 */
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const service = process.env.MANILA_URL ?? 'http://127.0.0.1:8786'

/**
 * `import Type from 'typebox'` is an object with everything in it; as a namespace, what nobody uses of it (its own language of types)
 * stays away from the page.
 */
const typesByName: Plugin = {
  name: 'types by name',
  enforce: 'pre',
  transform: (code: string, id: string) =>
    /\/src\/(?:wire|sdk|model)\//.test(id)
      ? code.replace(
          /import Type(?:, (\{[^}]*\}))? from 'typebox'/,
          (_all, others?: string) =>
            `import * as Type from 'typebox'${others === undefined ? '' : `; import ${others} from 'typebox'`}`,
        )
      : null,
}

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  base: command === 'serve' ? '/dashboard/' : './',
  plugins: [typesByName, react()],
  build: {
    outDir: process.env.MANILA_DASHBOARD_OUT ?? '../build/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    // Names tell a content: what is served once may be kept for ever.
    assetsInlineLimit: 0,
    // A data: address is no third party, but the policy of the page knows only files.
    modulePreload: { polyfill: false },
    // Its modules do nothing but give names.
    rolldownOptions: {
      treeshake: { moduleSideEffects: [{ test: /node_modules\/typebox\//, sideEffects: false }] },
      output: {
        // What every page needs, in few files: each one more costs its headers, and small ones are compressed badly.
        codeSplitting: {
          groups: [
            {
              name: 'libraries',
              test: /node_modules\/(?!uplot|typebox\/build\/(?:value|schema)|@mantine\/core\/esm\/components)/,
            },
            // But for the service's own sentences, which other languages look for, and groups, which come with their pages.
            {
              name: 'service',
              test: /\/src\/(?:wire\/(?!share-group)|sdk\/|model\/(?!(?:causes|messages|refusals|unmet)\.ts))/,
            },
            {
              name: 'frame',
              test: /\/dashboard\/(?:api|frame|words\/en|ui\/(?!chart|pairs|bulk-dialog|confirm|facts|form-dialog|operation-panel|problem-at|retry-operation|side-panel|steps|tabs|thing-(?!name)))/,
            },
            // Every address is known before any page is.
            { name: 'routes', test: /\/dashboard\/(?:root-route|pages\/[a-z-]+\/routes?)\.tsx?$/ },
            // What a list does without: forms, dialogs, what tells of one thing.
            { name: 'work', test: /\/dashboard\/ui\/(?!chart|pairs|thing-)/ },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      ['/v2', '/identity', '/dashboard/session', '/dashboard/config.json'].map((path) => [
        path,
        { target: service },
      ]),
    ),
  },
}))

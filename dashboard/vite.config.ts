/**
 * How the dashboard is built: addresses relative to `<base>` of index.html, so that one build is served under any path. `npm run
 * dashboard:dev` serves the sources instead and hands what is the API's to the service at `MANILA_URL`.
 */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const service = process.env.MANILA_URL ?? 'http://127.0.0.1:8786'

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  base: command === 'serve' ? '/dashboard/' : './',
  plugins: [react()],
  build: {
    outDir: process.env.MANILA_DASHBOARD_OUT ?? '../build/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    // Names tell a content: what is served once may be kept for ever.
    assetsInlineLimit: 0,
    // A data: address is no third party, but the policy of the page knows only files.
    modulePreload: { polyfill: false },
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

/** The program: where the service is, who is signed in, and then the pages. */
// First: it says which layer of styles gives way to which.
import './global.css'
import './mantine.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { readDeployment } from './api/deployment.ts'
import { foundation } from './api/console.ts'
import { loadWords, preferredLanguage } from './words/index.ts'

const root = document.getElementById('root') as HTMLElement
const language = preferredLanguage()

try {
  // Browsers keep locks between tabs and random keys from pages that anybody on the way could have changed.
  if (!window.isSecureContext)
    throw new Error('This page works over https only, or at an address of this machine itself (127.0.0.1).')
  const [deployment, words] = await Promise.all([readDeployment(document.baseURI), loadWords(language)])
  const parts = foundation(deployment, document.baseURI)
  createRoot(root).render(
    <StrictMode>
      <App parts={parts} first={{ language, words }} />
    </StrictMode>,
  )
} catch (error) {
  root.textContent = error instanceof Error ? error.message : String(error)
}

/** The session decides what there is: nothing yet, the login, or the console with its pages. */
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { useEffect, useMemo, useState } from 'react'
import { ConsoleContext, openConsole, useSessionState, type Console, type Foundation } from './api/console.ts'
import { CrumbProvider } from './frame/crumbs.tsx'
import { LoginPage } from './pages/login/login-page.tsx'
import { newRouter } from './router.tsx'
import { cssVariables, theme } from './theme.ts'
import { Failure } from './ui/failure.tsx'
import { keepLanguage, loadWords, TongueContext, type Language, type Words } from './words/index.ts'

interface AppProps {
  readonly parts: Foundation
  readonly first: { readonly language: Language; readonly words: Words }
}

/** As the server put it into the page; on a plain file server there is none, and no policy that asks for one. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name=style-nonce]')?.content ?? ''
// For what keeps the page from scrolling below a dialog.
setNonce(nonce)

export function App({ parts, first }: AppProps) {
  const [{ language, words }, setTongue] = useState(first)
  const tongue = useMemo(
    () => ({
      language,
      words,
      choose: (next: Language) => {
        keepLanguage(next)
        void loadWords(next).then((words) => setTongue({ language: next, words }))
      },
    }),
    [language, words],
  )
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <TongueContext value={tongue}>
        <QueryClientProvider client={parts.queries}>
          <Entrance parts={parts} />
        </QueryClientProvider>
      </TongueContext>
    </MantineProvider>
  )
}

function Entrance({ parts }: { readonly parts: Foundation }) {
  const state = useSessionState(parts.session)
  const [resumed, setResumed] = useState<'asking' | 'known' | Error>('asking')
  useEffect(() => {
    parts.session.resume().then(
      () => setResumed('known'),
      (error: unknown) => setResumed(error as Error),
    )
  }, [parts])
  if (resumed instanceof Error) return <Alone error={resumed} again={() => location.reload()} />
  if (resumed === 'asking') return null
  if (state.is === 'none') return <LoginPage session={parts.session} />
  return <Open key={state.view.user.id} parts={parts} />
}

function Open({ parts }: { readonly parts: Foundation }) {
  const [opened, setOpened] = useState<Console | Error | null>(null)
  const [tries, setTries] = useState(0)
  useEffect(() => {
    let isLeft = false
    openConsole(parts).then(
      (console) => !isLeft && setOpened(console),
      (error: unknown) => !isLeft && setOpened(error as Error),
    )
    return () => {
      isLeft = true
    }
  }, [parts, tries])
  const router = useMemo(
    () => (opened === null || opened instanceof Error ? null : newRouter(opened)),
    [opened],
  )
  if (opened instanceof Error) return <Alone error={opened} again={() => setTries(tries + 1)} />
  if (opened === null || router === null) return null
  return (
    <ConsoleContext value={opened}>
      <CrumbProvider>
        <RouterProvider router={router} />
      </CrumbProvider>
    </ConsoleContext>
  )
}

/** What fails before there is a frame around it. */
function Alone({ error, again }: { readonly error: Error; readonly again: () => void }) {
  return (
    <main style={{ maxWidth: 640, margin: '0 auto', padding: '15vh 16px' }}>
      <h1>Manila</h1>
      <Failure error={error} again={again} />
    </main>
  )
}

/** Search over everything, and every place one can go, by keyboard: Ctrl-K or `/`. */
import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useId, useState, type KeyboardEvent } from 'react'
import { useConsole, useWho } from '../api/console.ts'
import { PlainText } from '../ui/plain-text.tsx'
import { Status } from '../ui/status.tsx'
import { useWords } from '../words/index.ts'
import { foundQuery, placesLike, type Found } from './palette-results.ts'
import classes from './palette.module.css'

/** Between the last key and the question. */
const pauseMs = 200

export function Palette() {
  const { frame } = useWords()
  const [isOpen, setOpen] = useState(false)
  useHotkeys([
    ['mod+K', () => setOpen(true)],
    ['/', () => setOpen(true)],
  ])
  return (
    <>
      <button
        type="button"
        className={classes.open}
        onClick={() => setOpen(true)}
        aria-keyshortcuts="Control+K"
      >
        <IconSearch size={14} aria-hidden />
        <span>{frame.searchAll}</span>
        <kbd aria-hidden>Ctrl K</kbd>
      </button>
      {isOpen ? <Opened close={() => setOpen(false)} /> : null}
    </>
  )
}

function Opened({ close }: { readonly close: () => void }) {
  const words = useWords()
  const { frame } = words
  const console = useConsole()
  const who = useWho()
  const router = useRouter()
  const listId = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [asked] = useDebouncedValue(text.trim(), pauseMs)
  const { data, isFetching } = useQuery(foundQuery(console, asked, words))
  const results: readonly Found[] = [
    ...placesLike(text, words, console, who.is_admin),
    ...(text.trim() === '' ? [] : (data ?? [])),
  ]
  const current = Math.min(at, Math.max(0, results.length - 1))

  const go = (found: Found | undefined): void => {
    if (found === undefined) return
    close()
    void router.navigate({ href: `${router.basepath === '/' ? '' : router.basepath}${found.to}` })
  }
  const pressed = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setAt((current + step + results.length) % Math.max(1, results.length))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      go(results[current])
    }
  }
  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      size={560}
      yOffset="12vh"
      centered={false}
      padding={0}
      aria-label={frame.searchAll}
    >
      <TextInput
        role="combobox"
        aria-label={frame.searchAll}
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={results.length === 0 ? undefined : `${listId}-${current}`}
        autoComplete="off"
        placeholder={frame.searchHint}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={text}
        maxLength={255}
        data-autofocus
        variant="unstyled"
        className={classes.field}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={pressed}
      />
      <div id={listId} role="listbox" aria-label={frame.searchAll} className={classes.results}>
        {results.map((found, index) => (
          // The field keeps the focus; a pointer may choose all the same.
          <div
            key={found.to}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={classes.result}
            onClick={() => go(found)}
            onKeyDown={pressed}
            onMouseMove={() => setAt(index)}
          >
            <span className={classes.kind}>{found.kind}</span>
            <PlainText>{found.name}</PlainText>
            {found.status === undefined ? null : (
              <span className={classes.state}>
                <Status status={found.status} />
              </span>
            )}
          </div>
        ))}
      </div>
      <div role="status" className={classes.nothing}>
        {results.length === 0 && !isFetching ? frame.nothingFound : ''}
      </div>
    </Modal>
  )
}

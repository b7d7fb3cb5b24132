/**
 * Every text of the dashboard, by noun. English is the type: a language that lacks a text or a form does not compile. Other languages are
 * loaded when somebody reads them.
 */
import { createContext, useContext } from 'react'
import { en } from './en/index.ts'

export type Words = typeof en
export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages

const kept = 'manila.language'

/** What was chosen here before, else the first of the browser's that there is. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(kept) ?? '', ...navigator.languages].map((tag) => tag.split('-')[0])
  return (
    (wanted.find((tag) => tag !== undefined && Object.hasOwn(languages, tag)) as Language | undefined) ?? 'en'
  )
}
export const keepLanguage = (language: Language): void => localStorage.setItem(kept, language)

export async function loadWords(language: Language): Promise<Words> {
  return language === 'de' ? (await import('./de/index.ts')).de : en
}

export interface Tongue {
  readonly language: Language
  readonly words: Words
  choose(language: Language): void
}
export const TongueContext = createContext<Tongue>({ language: 'en', words: en, choose: () => {} })

export const useWords = (): Words => useContext(TongueContext).words
export const useTongue = (): Tongue => useContext(TongueContext)

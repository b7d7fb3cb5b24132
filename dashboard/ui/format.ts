/** Numbers and times as people read them, in their language and zone. Pages never format by themselves. */
import { useMemo } from 'react'
import { useTongue } from '../words/index.ts'

export const gib = 1024 ** 3
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** The service writes UTC without a zone. Milliseconds since 1970. */
export const instant = (time: string): number => Date.parse(/[Z+]/.test(time.slice(10)) ? time : `${time}Z`)

const dayMs = 86_400_000

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

export interface Format {
  /** `12.5 GiB`. */
  bytes(value: number): string
  /** Whole numbers of GiB, as sizes of shares are. */
  size(gibibytes: number): string
  number(value: number): string
  /** 0 to 1. */
  percent(part: number): string
  /** `1.25×`. */
  ratio(value: number): string
  /** `3 minutes ago`, `in 2 days`. */
  relative(time: string, now?: number): string
  /** To the second, in the reader's zone. */
  exact(time: string): string
  /** `4.2 s`, `3 min`, `2 h`. */
  duration(ms: number): string
  /** How long something has been so: in one unit, without a fraction. */
  lasting(ms: number): string
  clock(ms: number): string
  /** Places of a time axis whose steps are `stepMs` apart: hours, or days, or months. */
  axis(ms: number, stepMs: number): string
}

const seconds = ['s', 1000] as const
/** Two of a unit are the least that is told in it. */
const lastings = [
  ['d', dayMs],
  ['h', 3_600_000],
  ['min', 60_000],
] as const

export function formats(language: string): Format {
  const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  const ratios = new Intl.NumberFormat(language, { maximumFractionDigits: 2 })
  const whole = new Intl.NumberFormat(language)
  const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const relatives = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  const exacts = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' })
  const clocks = new Intl.DateTimeFormat(language, { timeStyle: 'medium' })
  const hours = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
  const days = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })
  const months = new Intl.DateTimeFormat(language, { month: 'short', year: 'numeric' })
  const bytes = (value: number): string => {
    const step = value <= 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(value) / Math.log(1024)))
    return `${short.format(value / 1024 ** step)} ${units[step]}`
  }
  return {
    bytes,
    size: (gibibytes) => bytes(gibibytes * gib),
    number: (value) => whole.format(value),
    ratio: (value) => `${ratios.format(value)}×`,
    percent: (part) => percents.format(part),
    relative(time, now = Date.now()) {
      const seconds = (instant(time) - now) / 1000
      const [unit, length] = steps.find(([, one]) => Math.abs(seconds) >= one) ?? ['second', 1]
      return relatives.format(Math.trunc(seconds / length), unit)
    },
    exact: (time) => exacts.format(instant(time)),
    duration: (ms) =>
      ms < 1000
        ? `${whole.format(Math.round(ms))} ms`
        : ms < 90_000
          ? `${short.format(ms / 1000)} s`
          : ms < 5_400_000
            ? `${short.format(ms / 60_000)} min`
            : `${short.format(ms / 3_600_000)} h`,
    lasting(ms) {
      const [unit, long] = lastings.find(([, long]) => ms >= 2 * long) ?? seconds
      return `${whole.format(Math.floor(ms / long))} ${unit}`
    },
    clock: (ms) => clocks.format(ms),
    axis(ms, stepMs) {
      if (stepMs >= 27 * dayMs) return months.format(ms)
      const date = new Date(ms)
      const isMidnight = date.getHours() === 0 && date.getMinutes() === 0
      return stepMs >= dayMs || isMidnight ? days.format(ms) : hours.format(ms)
    },
  }
}

export function useFormat(): Format {
  const { language } = useTongue()
  return useMemo(
    // As this reader's country writes dates: 24 hours for most who read English.
    () => formats(navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language),
    [language],
  )
}

/** A bus that loses, doubles, delays and so reorders what it is given, as much as a test wants. */
import { CallFailed, type Bus } from './bus.ts'

export interface Weather {
  /** Probabilities, 0–1. */
  readonly lose: number
  readonly double: number
  /** Each copy is late by up to this many milliseconds. */
  readonly lateMs: number
}

export interface Suffered {
  cast: number
  lost: number
  doubled: number
}

/** `random` answers 0–1. */
export function unreliable(bus: Bus, weather: Weather, random: () => number, suffered: Suffered): Bus {
  const late = (work: () => void): void => void setTimeout(work, random() * weather.lateMs).unref()
  return {
    ...bus,
    cast(topic, name, message, stamped) {
      suffered.cast++
      if (random() < weather.lose) {
        suffered.lost++
        return
      }
      late(() => bus.cast(topic, name, message, stamped))
      if (random() >= weather.double) return
      suffered.doubled++
      late(() => bus.cast(topic, name, message, stamped))
    },
    async call(topic, name, request, options) {
      if (random() < weather.lose) throw new CallFailed('deadline', `${name} was lost`)
      return bus.call(topic, name, request, options)
    },
  }
}

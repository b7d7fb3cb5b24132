/**
 * Whether a shared queue is made or taken as it is, try after try. One that is there with other arguments, of an older process or
 * from before the settings changed, is good enough and not ours to remove; one that is not there is made. Which of the two it is
 * shows only in that a try fails, and the library tells no more than the first failure: so each failed try is followed by one of
 * the other kind.
 */
export class Declaring {
  #asItIs = false
  #isTrying = false

  /** For the next try. */
  get passive(): boolean {
    if (this.#isTrying) this.#asItIs = !this.#asItIs
    this.#isTrying = true
    return this.#asItIs
  }

  /** The last try succeeded. Answers whether the queue was taken as it is. */
  succeeded(): boolean {
    this.#isTrying = false
    return this.#asItIs
  }
}

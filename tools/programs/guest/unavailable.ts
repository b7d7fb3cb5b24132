/** This host can't run the guest, and the message says what is missing: a reason to skip, not a failure. */
export class GuestUnavailable extends Error {
  override readonly name = 'GuestUnavailable'
}

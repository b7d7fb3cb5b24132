/** English, German: `{}` is what the service fills in, `{0}` the first of it, `{0!}` the same where it is a state, or several. */
export type Sentences = readonly (readonly [english: string, german: string])[]

/** Settings as a TOML file. */
import { stringify } from 'smol-toml'

export const renderToml = (settings: Readonly<Record<string, unknown>>): string => stringify(settings)

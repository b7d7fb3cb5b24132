import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { configurationReference } from './reference.ts'
import { SettingsSchema } from './schema.ts'

const page = configurationReference({
  drivers: [
    {
      name: 'tape',
      options: Type.Object({
        robot: Type.String({ description: 'Its <serial> | number.' }),
        mode: Type.Union([Type.Literal('slow'), Type.Literal('slower')], { default: 'slow' }),
        slots: Type.Array(
          Type.Object({ bay: Type.Integer({ minimum: 1, maximum: 9, description: 'Bay.' }) }),
          {
            default: [{ bay: 1 }],
          },
        ),
      }),
    },
  ],
  exporters: [{ name: 'pigeon', options: Type.Object({}) }],
})

describe('the configuration reference', () => {
  test('has a row for every option of the service', () => {
    const keys = (schema: object): string[] =>
      Object.entries((schema as { properties?: Record<string, object> }).properties ?? {}).flatMap(
        ([key, inner]) => (keys(inner).length > 0 ? keys(inner) : [key]),
      )
    const missing = keys(SettingsSchema).filter(
      (key) => !['backends', 'domains'].includes(key) && !page.includes(`| \`${key}\` |`),
    )
    expect(missing).toEqual([])
  })

  test('and every one of them has a sentence', () => {
    const options = page.slice(0, page.indexOf('## Driver'))
    expect(options.split('\n').filter((line) => /\|\s*\|$/.test(line) && line.startsWith('| `'))).toEqual([])
  })

  test('shows types, choices, ranges and defaults of drivers; markup in a sentence stays text', () => {
    expect(page).toContain('## Driver `tape`')
    expect(page).toContain('| `robot` | string | must be given | Its &lt;serial> \\| number. |')
    expect(page).toContain('| `mode` | `"slow"`, `"slower"` | `"slow"` |')
    expect(page).toContain('| `slots` | list of tables | `[{ bay = 1 }]` |  `bay` (integer 1 – 9): Bay. |')
    expect(page).toContain('## Exporter `pigeon`')
  })
})

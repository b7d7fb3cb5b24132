/** Bars of stacked parts as SVG, on white so that they read on any page; nothing but text, rectangles and numbers. */

export interface Bar {
  readonly label: string
  /** In the order of {@link Chart.parts}; not negative. */
  readonly values: readonly number[]
}

export interface Chart {
  readonly title: string
  readonly unit: string
  /** What a bar is made of; each has a colour in the legend. */
  readonly parts: readonly string[]
  readonly bars: readonly Bar[]
  /** Of figures that span magnitudes: bars of one part only. */
  readonly logarithmic?: boolean
}

/** Okabe and Ito's, which colour-blind people tell apart. */
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999']
const [width, labelWidth, valueWidth, barHeight, gap, top] = [860, 300, 70, 18, 8, 66]

/** A whole document. */
export function svgOf({ title, unit, parts, bars, logarithmic = false }: Chart): string {
  const totals = bars.map(({ values }) => values.reduce((sum, one) => sum + one, 0))
  const most = Math.max(...totals, 0)
  const least = Math.min(...totals.filter((one) => one > 0), most)
  const room = width - labelWidth - valueWidth
  /** The smallest one keeps a tenth of the room. */
  const length = (value: number): number => {
    if (value <= 0 || most <= 0) return 0
    if (!logarithmic) return (value / most) * room
    return most === least ? room : room * (0.1 + (0.9 * Math.log(value / least)) / Math.log(most / least))
  }
  const height = top + bars.length * (barHeight + gap) + 10
  const drawn = bars.map(({ label, values }, row) => {
    const y = top + row * (barHeight + gap)
    let x = labelWidth
    const pieces = values.map((value, part) => {
      const wide = length(value)
      const piece = `<rect x="${x.toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${barHeight}" fill="${colour(part)}"/>`
      x += wide
      return piece
    })
    const middle = y + barHeight - 5
    const name = `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${escaped(label)}</text>`
    const total = `<text x="${(x + 6).toFixed(1)}" y="${middle}">${shown(totals[row] ?? 0)}</text>`
    return [...pieces, name, total].join('')
  })
  let at = labelWidth
  const legend =
    parts.length < 2
      ? []
      : parts.map((name, part) => {
          const entry = `<rect x="${at}" y="36" width="12" height="12" fill="${colour(part)}"/><text x="${at + 17}" y="47">${escaped(name)}</text>`
          at += 35 + name.length * 7
          return entry
        })
  const scale = logarithmic ? `${unit}, logarithmic` : unit
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="sans-serif" font-size="12" fill="#222">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="10" y="22" font-size="15">${escaped(title)}, ${escaped(scale)}</text>
${[...legend, ...drawn].join('\n')}
</svg>
`
}

const colour = (part: number): string => colours[part % colours.length] ?? '#000'
const shown = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

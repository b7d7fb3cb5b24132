/**
 * `npm run layers`: who imports whom, from the top layer to the bottom one. A line is how high the layer stands, its name, how many
 * modules it has, and how often it imports each layer below. Ends with 1 when anything imports itself in the end.
 */
import { draw } from './drawing.ts'
import { modulesOf } from './modules.ts'

const { text, circles } = draw(modulesOf('src', 'tools', 'dashboard'))
process.stdout.write(text)
process.exitCode = circles.length === 0 ? 0 : 1

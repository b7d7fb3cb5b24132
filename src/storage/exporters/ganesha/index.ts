/** The entry of `exporter = "ganesha"`. */
import { Value } from 'typebox/value'
import { exporterFactory } from '../../contract/driver.ts'
import { ganeshaExporter } from './exporter.ts'
import { ganeshaOptions } from './options.ts'
import { socketProblem } from './servers.ts'

export type { GaneshaExporter } from './exporter.ts'

/** Options left out have their defaults; wrong ones throw. */
export const exporter = exporterFactory({
  name: 'ganesha',
  options: ganeshaOptions,
  wants: ({ servers, bind_address, addresses, port, ceph_conf }, dir) => {
    const problem = socketProblem({ servers }, dir)
    return {
      listens: (servers === 'shared' ? [bind_address] : addresses).map((host) => ({ host, port })),
      reads: ceph_conf === undefined ? [] : [ceph_conf],
      problems: problem === null ? [] : [problem],
    }
  },
  create: (options, parts) =>
    ganeshaExporter(Value.Parse(ganeshaOptions, Value.Default(ganeshaOptions, { ...options })), parts),
})

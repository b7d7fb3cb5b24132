/** Sends spans to a collector. The SDK of OpenTelemetry is loaded only where the configuration asks for it. */
import { context, trace, type Attributes } from '@opentelemetry/api'

export interface TraceSettings {
  /** OTLP over HTTP, JSON: `http://collector:4318/v1/traces`. Empty: no traces. */
  readonly otlp_url: string
  /** Share of new traces that is kept, 0–1; those that came with a decision keep it. */
  readonly sample_ratio: number
}

/** Starts to send spans as `program`; resolves to what sends the rest and stops. */
export async function startTracing(
  settings: TraceSettings,
  program: string,
  attributes: Attributes,
): Promise<() => Promise<void>> {
  if (settings.otlp_url === '') return async () => {}
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
    ])
  const exporter = new OTLPTraceExporter({ url: settings.otlp_url })
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': program, ...attributes }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(settings.sample_ratio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  return async () => {
    // A collector that is away must not keep the process.
    await Promise.race([provider.shutdown().catch(() => {}), new Promise((end) => setTimeout(end, 3000))])
    trace.disable()
    context.disable()
  }
}

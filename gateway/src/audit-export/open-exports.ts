import { createCredentialSource } from '../credentials/credential-source.ts';
import type { ExportPlan } from './config.ts';
import { Exporter, type ExporterServices, type ExportState } from './exporter.ts';
import { createFileSink } from './sinks/file-sink.ts';
import type { Sink } from './sinks/sink.ts';
import { createSyslogSink } from './sinks/syslog-sink.ts';
import { createWebhookSink } from './sinks/webhook-sink.ts';

/** All exports of the audit. */
export interface OpenExports {
  status(): readonly ExportState[];
  close(): Promise<void>;
}

const SECRET_TIMEOUT_MS = 60_000;

/** Starts all of them. Rejects with a CredentialError where a secret cannot be read; a receiver need not be there. */
export async function openExports(
  plans: readonly ExportPlan[],
  services: ExporterServices,
): Promise<OpenExports> {
  const exporters: Exporter[] = [];
  for (const plan of plans) exporters.push(new Exporter(plan, await sinkOf(plan, services), services));
  for (const exporter of exporters) exporter.start();
  return {
    status: () => exporters.map((exporter) => exporter.status()),
    async close() {
      await Promise.all(exporters.map((exporter) => exporter.close()));
    },
  };
}

async function sinkOf(plan: ExportPlan, { clock, log }: ExporterServices): Promise<Sink> {
  switch (plan.to) {
    case 'file':
      return createFileSink(plan.path);
    case 'syslog':
      return createSyslogSink(plan);
    case 'webhook': {
      const onWarning = (message: string): void => log.warn(message, { export: plan.name });
      const source = createCredentialSource(plan.secret, { clock, onWarning });
      const secret = await source.read(AbortSignal.timeout(SECRET_TIMEOUT_MS));
      return createWebhookSink({ name: plan.name, url: plan.url, secret, clock });
    }
  }
}

/** `sallyport serve`: runs the gateway until it is told to stop. */
import type { Command } from 'commander';
import { loadConfig } from '../../config/load-config.ts';
import { startGateway } from '../../main.ts';
import { protocols } from '../../protocols/index.ts';
import { createLog } from '../../telemetry/log.ts';
import type { CliContext } from '../command.ts';

/** Prints one JSON line `{"event":"ready",…}` on stdout when it serves; the log goes to stderr. */
export function setupServeCommand(command: Command, { io }: CliContext): void {
  command
    .requiredOption('-c, --config <file>', 'config file (sallyport.yaml)')
    .action(async (options: { readonly config: string }) => {
      const plan = await loadConfig(options.config, protocols);
      const clock = { nowMs: () => Date.now() };
      const log = createLog(plan.log.level, (line) => io.stderr.write(line), clock.nowMs);
      const gateway = await startGateway(plan, { log, clock });
      const stopped = untilStopped(async () => {
        const next = await loadConfig(options.config, protocols).catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          log.error('config refused, the one in force stays', { reason });
          return undefined;
        });
        await gateway.reload(next);
      });
      // Behind the listeners for signals: whoever reads it may send one at once.
      io.stdout.write(`${JSON.stringify({ event: 'ready', ...gateway.ready })}\n`);
      await gateway.stop(await stopped);
    });
}

/** SIGHUP reloads; the first SIGINT or SIGTERM stops in order, another one at once. */
async function untilStopped(reload: () => Promise<void>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  // It stays until the process ends: without a listener a SIGHUP during the drain would cut it short.
  process.on('SIGHUP', () => void reload());
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
  return promise;
}

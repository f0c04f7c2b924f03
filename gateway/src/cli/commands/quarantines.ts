import type { Command } from 'commander';
import {
  type ApiQuarantine,
  apiQuarantineSchema,
  quarantineListSchema,
} from '../../api/contract/quarantine.ts';
import { type ApiOptions, apiOptions, getFromApi, postToApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { duration, localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { type Column, fitted, tableHead, tableRow } from '../table.ts';

type Options = ApiOptions & { readonly json?: boolean };

/** Sets up `sallyport quarantines list|lift`. */
export function setupQuarantinesCommand(command: Command, context: CliContext): void {
  apiOptions(command.command('list'))
    .description('list the runs that are stopped because they repeated what was denied')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      await listQuarantines(options, context);
    });
  apiOptions(command.command('lift <id>'))
    .description('let a run go on; exit code 1 when it is not in quarantine')
    .option('--json', 'print JSON')
    .action(async (id: string, options: Options) => {
      await liftQuarantine(id, options, context);
    });
}

async function listQuarantines(options: Options, { io }: CliContext): Promise<void> {
  const answer = await getFromApi(options, '/v1/quarantines');
  if (!answer.ok) throw refusedByApi(answer);
  const { quarantines } = quarantineListSchema.parse(answer.body);
  io.stdout.write(
    options.json === true ? `${JSON.stringify(quarantines, null, 2)}\n` : tableOf(quarantines, io),
  );
}

async function liftQuarantine(id: string, options: Options, { io, setExitCode }: CliContext): Promise<void> {
  const answer = await postToApi(options, `/v1/quarantines/${encodeURIComponent(id)}/lift`, {});
  if (answer.ok) {
    const lifted = apiQuarantineSchema.parse(answer.body);
    const text = `lifted ${printable(lifted.id, 80)}: ${printable(whoOf(lifted), 200)} may go on\n`;
    io.stdout.write(options.json === true ? `${JSON.stringify(lifted)}\n` : text);
    return;
  }
  if (answer.code !== 'ERR_QUARANTINE_UNKNOWN') throw refusedByApi(answer);
  io.stderr.write(`${printable(answer.detail, 400)}: ${printable(id, 80)}\n`);
  setExitCode(1);
}

function tableOf(quarantines: readonly ApiQuarantine[], io: CliContext['io']): string {
  if (quarantines.length === 0) return 'no run is in quarantine\n';
  const columns: readonly Column[] = [
    { title: 'QUARANTINE', width: 40 },
    { title: `SINCE (${localZone()})`, width: 40 },
    { title: 'LEFT', width: 12, align: 'right' },
    { title: 'WHO', width: 60 },
    { title: 'RUN', width: 40 },
    { title: 'RESOURCE', width: 40 },
    { title: 'DENIALS', width: 9, align: 'right' },
    { title: 'SESSION', width: 40 },
  ];
  const rows = quarantines.map((one) => [
    one.id,
    localTime(one.since),
    duration(one.remainingMs),
    whoOf(one),
    one.run ?? '',
    one.resource,
    String(one.count),
    one.session,
  ]);
  const fit = fitted(columns, rows);
  return tableHead(fit, io) + rows.map((cells) => tableRow(fit, cells)).join('');
}

function whoOf({ agent, subject }: ApiQuarantine): string {
  return agent === undefined || agent === subject ? subject : `${agent} for ${subject}`;
}

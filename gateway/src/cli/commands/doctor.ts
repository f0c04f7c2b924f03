import type { Command } from 'commander';
import type { DoctorReport } from '../../doctor/doctor.ts';
import type { CheckResult } from '../../model/check-result.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { printable } from '../printable.ts';

interface DoctorCommandOptions {
  readonly config?: string;
  readonly from?: string;
  readonly gateway?: readonly string[];
  readonly probe?: string;
  readonly json?: boolean;
}

/** Bound on everything together, in milliseconds. */
const TIMEOUT_MS = 300_000;

/** Sets up `sallyport doctor`: the checks, and with `--probe` the part that runs at the agent's place. */
export function setupDoctorCommand(command: Command, context: CliContext): void {
  command
    .option('-c, --config <file>', 'config file (sallyport.yaml)')
    .option('--from <file>', 'what `--probe` printed at the place where the agents run')
    .option('--gateway <host:port...>', 'the gateway as agents know it, for the probe')
    .option('--probe <challenge>', 'run here as the probe: needs neither config nor secrets, prints JSON')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 0: nothing fails; 1: something does; 2: the doctor could not do its work.',
    )
    .action(async (options: DoctorCommandOptions) => {
      if (options.probe === undefined) await examine(options, context);
      else await probe(options.probe, context);
    });
}

async function examine(options: DoctorCommandOptions, { io, setExitCode }: CliContext): Promise<void> {
  if (options.config === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      'name the config file by `--config`, or give `--probe` its challenge',
    );
  }
  const [{ loadConfig }, { protocols }, { runDoctor }, { readAnswer }] = await Promise.all([
    import('../../config/load-config.ts'),
    import('../../protocols/index.ts'),
    import('../../doctor/doctor.ts'),
    import('../../doctor/direct-path/answer.ts'),
  ]);
  const plan = await loadConfig(options.config, protocols);
  const report = await runDoctor(plan, {
    clock: { nowMs: () => Date.now() },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(options.from === undefined ? {} : { answer: await readAnswer(options.from) }),
    ...(options.gateway === undefined ? {} : { gateway: options.gateway }),
  });
  setExitCode(report.ok ? 0 : 1);
  io.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
}

async function probe(challenge: string, { io, setExitCode }: CliContext): Promise<void> {
  const { answerChallenge } = await import('../../doctor/direct-path/probe.ts');
  const answer = await answerChallenge(challenge, Date.now());
  setExitCode(answer.targets.some(({ verdict }) => verdict === 'open') ? 1 : 0);
  io.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
}

/** One line a check, what to do below it, and at the end what closes the direct path. */
function reportText({ ok, results, closing, challenge }: DoctorReport): string {
  const width = Math.max(...results.map(({ check }) => check.length));
  const lines = results.flatMap((result) => resultLines(result, width));
  for (const { place, note, lines: toAdd } of closing) {
    lines.push('', `# ${place}: lets only the gateway in. ${note}`, ...toAdd);
  }
  if (challenge !== undefined) {
    lines.push(
      '',
      '# Where the agents run; then `sallyport doctor -c … --from probe.json` here, within 24 hours:',
      `npx sallyport doctor --probe ${challenge} > probe.json`,
    );
  }
  const count = (level: CheckResult['level']): number => results.filter((one) => one.level === level).length;
  lines.push(
    '',
    `${ok ? 'ok' : 'FAIL'}: ${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`,
  );
  return `${lines.join('\n')}\n`;
}

function resultLines({ check, level, message, remedy }: CheckResult, width: number): readonly string[] {
  const line = `${level.padEnd(4)}  ${check.padEnd(width)}  ${printable(message, 1000)}`;
  return remedy === undefined ? [line] : [line, `${' '.repeat(width + 8)}→ ${printable(remedy, 300)}`];
}

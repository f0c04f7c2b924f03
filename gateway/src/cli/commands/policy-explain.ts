import type { PolicyCase } from '../../policy/case-file.ts';
import { formatDiagnostic } from '../../policy/errors.ts';
import { explain } from '../../policy/explain.ts';
import { formatExplanation } from '../../policy/format-explanation.ts';
import { withOpened } from '../../policy/opened-request.ts';
import { requestsOf } from '../../policy/run-cases.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { asFulfilled } from '../fulfilment.ts';
import { diagnosticsAsJson, type PolicyInput, type PolicyOptions } from '../policy-input.ts';
import { printable } from '../printable.ts';

/** Options of `policy explain`. */
export interface ExplainOptions extends PolicyOptions {
  readonly asGroup?: readonly string[];
  readonly asSubject?: string;
  readonly asIssuer?: string;
  readonly asAgent?: string;
  readonly asActor?: readonly string[];
  readonly resource: string;
  readonly protocol?: string;
  readonly label?: readonly string[];
  readonly account?: string;
  readonly at?: string;
  readonly from?: string;
  readonly opened?: readonly string[];
  readonly sql?: string;
  readonly connect?: string;
  readonly ask?: string;
}

/** Prints how a request is decided; exit code 0 for a permit, 1 for a denial or a broken policy. */
export function explainPolicy(
  input: PolicyInput,
  options: ExplainOptions,
  { io, setExitCode }: CliContext,
): void {
  const { compiled, bindings, settings, nowMs } = input;
  if (!compiled.ok) {
    setExitCode(1);
    const text = compiled.errors.map((error) => `${formatDiagnostic(error)}\n`).join('');
    const json = `${JSON.stringify({ errors: diagnosticsAsJson(compiled.errors) }, null, 2)}\n`;
    io.stderr.write(options.json === true ? json : text);
    return;
  }
  checkResource(options, settings.resources);
  const wanted = caseOf(options);
  const requests = sensible(() =>
    requestsOf(wanted, { bindings, resources: settings.resources, nowMs }).map((request) =>
      withOpened(compiled, request, wanted.opened),
    ),
  );
  const explanations = requests.map((request) => {
    const explanation = explain(compiled, request);
    return { ...explanation, decision: asFulfilled(explanation.decision, request) };
  });
  setExitCode(explanations.every(({ decision }) => decision.effect === 'permit') ? 0 : 1);
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(explanations, null, 2)}\n`
      : explanations.map(formatExplanation).join('\n'),
  );
}

/** A name that is mistyped would be judged as a resource without labels. */
function checkResource(
  { config, resource, protocol, label }: ExplainOptions,
  known: PolicyInput['settings']['resources'],
): void {
  const isOther = config === undefined || protocol !== undefined || label !== undefined;
  if (isOther || known.some(({ name }) => name === resource)) return;
  throw new CliError(
    'ERR_CLI_USAGE',
    `the config has no resource \`${printable(resource, 80)}\`; for one that is not in it yet, say its \`--protocol\``,
  );
}

function sensible<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    throw new CliError('ERR_CLI_USAGE', error instanceof Error ? error.message : String(error));
  }
}

function caseOf(options: ExplainOptions): PolicyCase {
  return {
    name: 'explain',
    as: {
      groups: options.asGroup,
      subject: options.asSubject,
      issuer: options.asIssuer,
      agent: options.asAgent,
      actors: options.asActor,
    },
    to: { name: options.resource, protocol: options.protocol, labels: labelsOf(options.label) },
    account: options.account,
    at: options.at,
    from: options.from,
    opened: options.opened,
    expect: 'permit',
    asked: askedOf(options),
  };
}

function labelsOf(pairs: readonly string[] | undefined): Record<string, string> | undefined {
  return pairs === undefined
    ? undefined
    : Object.fromEntries(pairs.map((pair) => splitPair(pair, '--label')));
}

function askedOf({ sql, connect, ask }: ExplainOptions): PolicyCase['asked'] {
  const asked = [
    ...(sql === undefined ? [] : [{ family: 'sql', body: sql }]),
    ...(connect === undefined ? [] : [{ family: 'connect', body: connect }]),
    ...(ask === undefined ? [] : [otherFamily(ask)]),
  ];
  const [only] = asked;
  if (only === undefined || asked.length > 1) {
    throw new CliError(
      'ERR_CLI_USAGE',
      'say what is asked by exactly one of `--sql`, `--connect` and `--ask`',
    );
  }
  return only;
}

function otherFamily(ask: string): PolicyCase['asked'] {
  const [family, text] = splitPair(ask, '--ask');
  try {
    return { family, body: JSON.parse(text) };
  } catch {
    return { family, body: text };
  }
}

function splitPair(pair: string, option: string): readonly [string, string] {
  const equals = pair.indexOf('=');
  if (equals < 1) {
    throw new CliError('ERR_CLI_USAGE', `\`${option}\` wants \`key=value\`, got \`${pair}\``);
  }
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

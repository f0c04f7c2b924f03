/** `npm start`: reads the arguments, turns signals into an orderly stop, and errors into one line. */
import { parseArgs } from 'node:util';
import { QuickstartError } from './errors.ts';
import { runQuickstart } from './start.ts';

const { values } = parseArgs({
  options: {
    'ready-exit': { type: 'boolean', default: false },
    state: { type: 'string' },
    'approve-after': { type: 'string' },
  },
});
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Asked twice: go at once. The watchers stop what is left.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

// A closed terminal or pipe: nobody is watching any more.
process.stdout.on('error', () => stop.abort());

/** How long people may answer before the script does. Where nobody can be at another terminal, nobody is waited for. */
function approverPatienceMs(): number {
  const seconds = values['approve-after'];
  if (seconds === undefined) return process.stdout.isTTY && !values['ready-exit'] ? 20_000 : 1_000;
  if (/^\d{1,3}$/u.test(seconds)) return Number(seconds) * 1_000;
  throw new QuickstartError('ERR_QUICKSTART_OPTIONS', '`--approve-after` wants seconds, up to 999');
}

try {
  await runQuickstart({
    isReadyExit: values['ready-exit'],
    state: values.state,
    approverPatienceMs: approverPatienceMs(),
    signal: stop.signal,
    print: (text) => console.log(text),
  });
} catch (error) {
  if (!(error instanceof QuickstartError)) throw error;
  console.error(`\nsallyport: ${error.message}`);
  process.exitCode = 1;
}

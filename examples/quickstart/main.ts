/** `npm start`: reads the arguments, turns signals into an orderly stop, and errors into one line. */
import { parseArgs } from 'node:util';
import { QuickstartError } from './errors.ts';
import { runQuickstart } from './start.ts';

const { values } = parseArgs({
  options: {
    'ready-exit': { type: 'boolean', default: false },
    state: { type: 'string' },
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

// Where nobody can be at another terminal, nobody is waited for.
const isWatched = process.stdout.isTTY && !values['ready-exit'];

try {
  await runQuickstart({
    isReadyExit: values['ready-exit'],
    state: values.state,
    approverPatienceMs: isWatched ? 20_000 : 1_000,
    signal: stop.signal,
    print: (text) => console.log(text),
  });
} catch (error) {
  if (!(error instanceof QuickstartError)) throw error;
  console.error(`\nsallyport: ${error.message}`);
  process.exitCode = 1;
}

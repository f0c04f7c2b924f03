/** Preloaded into a gateway (`--import`, with --expose-gc): on SIGUSR2 collects garbage and prints what is left. */
let reports = 0;

process.on('SIGUSR2', () => {
  // Twice: what finalizers let go of is found by the second run.
  globalThis.gc?.();
  globalThis.gc?.();
  reports += 1;
  const { heapUsed, external, rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ event: 'memory', report: reports, heapUsed, external, rss })}\n`);
});

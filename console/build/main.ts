/** `npm run build`: the console, where it is not built already from what is here. */
import { buildConsole } from './build-console.ts';

const { isNew, bytes, milliseconds } = await buildConsole();
if (isNew) {
  const size = `${Math.ceil(bytes / 1000)} kB compressed`;
  process.stderr.write(
    `sallyport: the console was built in ${(milliseconds / 1000).toFixed(1)} s, ${size}\n`,
  );
}

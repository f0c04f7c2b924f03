/** The thread that reads pictures: drawing desktops and writing PNGs holds up nobody else here. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ScreenTextPlan } from '../recording/config.ts';
import { recordingLayout } from '../recording/layout.ts';
import { readSession } from './read-session.ts';
import type { ReadOrder, ReadWord } from './screen-text-words.ts';

const { dataDir, plan } = workerData as { readonly dataDir: string; readonly plan: ScreenTextPlan };
const layout = recordingLayout(dataDir);
const port = parentPort;
if (port === null) throw new TypeError('this file runs as a thread');

port.on('message', ({ session }: ReadOrder) => {
  // What it rejects with ends the thread, and is told there.
  void readSession(session, { layout, plan }).then((word) => port.postMessage(word satisfies ReadWord));
});

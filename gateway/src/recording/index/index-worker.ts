/** The thread that keeps the index: reading, writing and searching SQLite holds up nobody else here. */
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { causeText, RecordingError } from '../errors.ts';
import { type RecordingPlace, recordingLayout } from '../layout.ts';
import type { IndexOrder, IndexTask, IndexWord } from './index-words.ts';
import { RecordingIndex } from './recording-index.ts';

/** Rest after work, as a multiple of it, and the longest in milliseconds. */
const REST_FACTOR = 4;
const MOST_REST_MS = 1_000;

const { dataDir } = workerData as IndexTask;
const layout = recordingLayout(dataDir);
const port = parentPort;
if (port === null) throw new TypeError('this file runs as a thread');

let index = openOrRemake();
index.forgetFailedScreens();
/** To be read on, by session: so a session that grows ever again is there once. */
const grown = new Map<string, RecordingPlace>();
let isBehind = true;
let workingSinceMs = performance.now();
let isWorking = false;
let isClosing = false;

function say(word: IndexWord): void {
  port?.postMessage(word);
}

/** What cannot be read is made anew: all of it is in the recordings. */
function openOrRemake(): RecordingIndex {
  try {
    return RecordingIndex.open(layout);
  } catch {
    RecordingIndex.remove(layout);
    return RecordingIndex.open(layout);
  }
}

async function work(): Promise<void> {
  if (isWorking) return;
  isWorking = true;
  workingSinceMs = performance.now();
  try {
    while (!isClosing && (isBehind || grown.size > 0)) {
      const places = [...grown.values()];
      grown.clear();
      const wasBehind = isBehind;
      isBehind = false;
      if (wasBehind) await index.catchUp(pause);
      // A recording whose end is in the index does not grow any more, but one that was cut before may.
      await index.update(places, pause);
    }
  } catch (cause) {
    isBehind = true;
    if (!isClosing) say({ kind: 'trouble', message: causeText(cause) });
    if (isMalformed(cause)) {
      index.close();
      RecordingIndex.remove(layout);
      index = openOrRemake();
    }
  }
  isWorking = false;
  if (isClosing) end();
}

/**
 * Searches are answered between two transactions; an end comes there too, and the next start goes on. The thread rests
 * four times as long as it works: it has the same processors as those who wait for an answer of the gateway, and what it
 * has not read yet is in the files.
 */
async function pause(): Promise<void> {
  const workedMs = performance.now() - workingSinceMs;
  await setTimeout(Math.min(MOST_REST_MS, workedMs * REST_FACTOR));
  workingSinceMs = performance.now();
  if (isClosing) throw new Error('the gateway stops');
}

function end(): void {
  index.close();
  port?.close();
}

function isMalformed(cause: unknown): boolean {
  return /malformed|not a database/.test(causeText(cause));
}

function answer({ id, question, asked }: IndexOrder & { readonly kind: 'ask' }): IndexWord {
  try {
    return { kind: 'found', id, answer: index.answer(question, asked) };
  } catch (cause) {
    const code = cause instanceof RecordingError ? cause.code : 'ERR_RECORDING_INDEX';
    return { kind: 'failed', id, code, message: causeText(cause) };
  }
}

port.on('message', (order: IndexOrder) => {
  switch (order.kind) {
    case 'grown':
      for (const place of order.places) grown.set(place.session, place);
      void work();
      break;
    case 'catch up':
      isBehind = true;
      void work();
      break;
    case 'remove':
      for (const session of order.sessions) grown.delete(session);
      try {
        index.remove(order.sessions);
      } catch (cause) {
        say({ kind: 'trouble', message: causeText(cause) });
      }
      break;
    case 'screens':
      try {
        index.putScreens(order.screens);
      } catch (cause) {
        say({ kind: 'trouble', message: causeText(cause) });
      }
      break;
    case 'ask':
      say(answer(order));
      break;
    case 'close':
      isClosing = true;
      if (!isWorking) end();
      break;
  }
});
void work();

import type { PlaybackLimits } from '../model/playback.ts';
import { protocols } from '../protocols/index.ts';
import { Playbacks } from '../recording/playbacks.ts';

/** Reads recordings of every protocol that this program knows. */
export function knownPlaybacks(limits?: PlaybackLimits): Playbacks {
  return new Playbacks((protocol) => protocols.find(({ name }) => name === protocol)?.createPlayback(limits));
}

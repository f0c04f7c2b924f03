/**
 * The terminal player builds its controls from markup in strings, which trusted types forbid. All of that markup stands in
 * its source, so its two assignments go through a policy of one name, which the content security policy lists; nobody else's do.
 * A version of the player that does otherwise fails the build.
 */
import type { Plugin } from 'vite';

/** Name of the policy; `gateway/src/console/page-headers.ts` allows it. */
const POLICY = 'terminal-player';
const PLAYER = /[\\/]asciinema-player[\\/]dist[\\/]opts-[^\\/]+\.js$/;
const ANY_SINK =
  /\.(?:innerHTML|outerHTML)\s*=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function\(/g;
/** Templates of the controls, and the shapes of characters that fonts draw badly. */
const KNOWN_SINKS = ['t.innerHTML = html;', 'symbol.innerHTML = content;'];
/** A template that would be made of more than a literal. */
const MADE_TEMPLATE = /\btemplate\((?!html, isImportNode|`[^`$]*`\))/;

/** Lets the player's own markup through, and holds it to that. */
export function playerMarkup(): Plugin {
  let isSeen = false;
  return {
    name: 'sallyport-player-markup',
    transform(code, id) {
      if (!PLAYER.test(id)) return undefined;
      isSeen = true;
      return trustMarkup(code);
    },
    buildEnd(error) {
      if (error === undefined && !isSeen) throw new Error('the terminal player is not where it was');
    },
  };
}

function trustMarkup(code: string): string {
  const sinks = code.match(ANY_SINK) ?? [];
  const isKnown = KNOWN_SINKS.every((sink) => code.split(sink).length === 2);
  if (sinks.length !== KNOWN_SINKS.length || !isKnown || MADE_TEMPLATE.test(code)) {
    throw new Error('the terminal player makes markup in a way that was not read: read it, then this file');
  }
  const trusted = code
    .replace('t.innerHTML = html;', 't.innerHTML = trustedMarkup.createHTML(html);')
    .replace('symbol.innerHTML = content;', 'symbol.innerHTML = trustedMarkup.createHTML(content);');
  return `const trustedMarkup = globalThis.trustedTypes?.createPolicy('${POLICY}', { createHTML: (text) => text }) ?? { createHTML: (text) => text };\n${trusted}`;
}

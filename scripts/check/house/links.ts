import { posix } from 'node:path';
import type { SourceFile } from '../layers/check-layers.ts';

/**
 * Finds links in Markdown files that lead nowhere: to a file that is not in the repository, or to a heading that
 * its page does not have. Links to the web are not followed.
 *
 * @param pages Markdown files, with paths relative to the repository
 * @param paths every file and folder of the repository
 */
export function linkProblems(pages: readonly SourceFile[], paths: ReadonlySet<string>): readonly string[] {
  const headings = new Map(pages.map((page) => [page.path, headingsOf(page.text)]));
  return pages.flatMap((page) =>
    linksOf(page.text).flatMap((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), file));
      const bare = target.replace(/\/$/, '');
      if (!paths.has(bare)) return [`${page.path}: the link ${link} leads nowhere`];
      if (anchor === undefined || headings.get(bare)?.has(anchor) !== false) return [];
      return [`${page.path}: ${target} has no heading #${anchor}`];
    }),
  );
}

function linksOf(text: string): readonly string[] {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? '');
  const reference = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return [...inline, ...reference].filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link));
}

/** Anchors as GitHub makes them: lower case, punctuation dropped, spaces to hyphens, `-1` for the second. */
function headingsOf(text: string): ReadonlySet<string> {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
  const anchors = new Set<string>();
  for (const match of prose.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const base = (match[1] ?? '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

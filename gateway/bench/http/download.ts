/** One large download by curl, and how much memory the process in the way takes meanwhile. Linux only. */
import { readFileSync } from 'node:fs';
import { findTool, tools } from '../../test/support/installed-tool.ts';
import { runProcess } from '../../test/support/processes.ts';

/** What was measured. */
export interface DownloadResult {
  readonly seconds: number;
  readonly bytes: number;
  /** Resident memory of the process in MiB, before and at most; undefined for the direct way. */
  readonly rssBefore: number | undefined;
  readonly rssPeak: number | undefined;
}

/** How often memory is looked at. */
const SAMPLE_MS = 50;

/** Downloads to nowhere. @throws Error where not all of it came */
export async function download(url: string, token: string, pid: number | undefined): Promise<DownloadResult> {
  const program = findTool(tools.curl);
  if (program === undefined) throw new Error('curl is not installed');
  const rssBefore = pid === undefined ? undefined : rssOf(pid);
  let rssPeak = rssBefore;
  const timer = setInterval(() => {
    if (pid !== undefined) rssPeak = Math.max(rssPeak ?? 0, rssOf(pid));
  }, SAMPLE_MS);
  try {
    const format = '%{http_code} %{size_download} %{time_total}';
    const args = ['-sS', '-o', '/dev/null', '-w', format, '-H', `Authorization: Bearer ${token}`, url];
    const { code, stdout, stderr } = await runProcess(program, args, { timeoutMs: 600_000 });
    const [status, bytes, seconds] = stdout.split(' ').map(Number);
    if (code !== 0 || status !== 200) throw new Error(`download of ${url} failed: ${stdout} ${stderr}`);
    return { bytes: bytes ?? 0, seconds: seconds ?? 0, rssBefore, rssPeak };
  } finally {
    clearInterval(timer);
  }
}

/** MiB. */
function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

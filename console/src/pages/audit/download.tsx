/** Evidence of a time, as a file. */
import { Alert, Button, Group, Select, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { AuditFormat } from '../../../../gateway/src/api/contract/audit.ts';
import type { Problem } from '../../../../gateway/src/api/contract/problem.ts';
import { open, toQuery } from '../../api/ask.ts';
import { saveFile } from '../../api/save-file.ts';
import { Panel } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';

/** Longest last line that says why the rest is missing, in bytes. */
const LAST_LINE = 65_536;

/** What the form asks for; times as the browser's field has them, in its own zone. */
interface Wanted {
  readonly from: string;
  readonly to: string;
  readonly format: AuditFormat;
}

/** The form. */
export function Download(): ReactNode {
  const [wanted, setWanted] = useState<Wanted>({ from: '', to: '', format: 'ocsf' });
  const download = useMutation({ mutationFn: downloadAudit, gcTime: 0 });
  return (
    <Panel title="Download">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          download.mutate(wanted);
        }}
      >
        <Group align="flex-end">
          <TextInput
            label="From"
            onChange={({ currentTarget }) => setWanted({ ...wanted, from: currentTarget.value })}
            type="datetime-local"
            value={wanted.from}
          />
          <TextInput
            label="To"
            onChange={({ currentTarget }) => setWanted({ ...wanted, to: currentTarget.value })}
            type="datetime-local"
            value={wanted.to}
          />
          <Select
            allowDeselect={false}
            data={[
              { value: 'ocsf', label: 'events of OCSF' },
              { value: 'jsonl', label: 'records as in the log' },
            ]}
            label="As"
            onChange={(value) => setWanted({ ...wanted, format: value === 'jsonl' ? 'jsonl' : 'ocsf' })}
            value={wanted.format}
          />
          <Button loading={download.isPending} type="submit">
            Download
          </Button>
        </Group>
      </form>
      {download.error === null ? null : (
        <Alert color="red" mt="md" variant="light">
          <VisibleText>{`Nothing was saved: ${download.error.message}`}</VisibleText>
        </Alert>
      )}
      {download.data === undefined ? null : <p role="status">Saved as {download.data}.</p>}
    </Panel>
  );
}

/** @returns the name of the file */
async function downloadAudit({ from, to, format }: Wanted): Promise<string> {
  const query = toQuery({ since: instantOf(from), until: instantOf(to), format });
  const content = await (await open(`/v1/audit/records${query}`)).blob();
  const missing = await missingIn(content);
  if (missing !== undefined) throw new Error(missing);
  const day = (text: string): string => text.slice(0, 10);
  const parts = ['audit', day(from), day(to === '' ? new Date().toISOString() : to), format];
  const name = `${parts.filter((part) => part !== '').join('-')}.jsonl`;
  saveFile(name, content);
  return name;
}

/** Why the rest is missing, where it is. */
async function missingIn(content: Blob): Promise<string | undefined> {
  const end = await content.slice(-LAST_LINE).text();
  const last = end.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{"type":"error"')) return undefined;
  return (JSON.parse(last) as { readonly problem: Problem }).problem.detail;
}

function instantOf(local: string): string | undefined {
  return local === '' ? undefined : new Date(local).toISOString();
}

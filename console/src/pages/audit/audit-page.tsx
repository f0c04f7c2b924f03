/** The trail: where it stands, and the proof that it is as it was written. */
import { Alert, Button, CopyButton, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Verification, VerifyReport } from '../../../../gateway/src/api/contract/audit.ts';
import { auditHead, verifyAudit } from '../../api/queries.ts';
import { Icon } from '../../design/icons.tsx';
import { fullTime } from '../../design/moments.tsx';
import pieces from '../../design/pieces.module.css';
import { Empty, Facts, Failure, Loading, Mono, Page, Panel, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { Download } from './download.tsx';
import { Exports } from './exports.tsx';

/** The page. */
export function AuditPage(): ReactNode {
  const [anchor, setAnchor] = useState('');
  const verify = useMutation({
    mutationFn: () => verifyAudit(anchor.trim() === '' ? undefined : anchor.trim()),
  });
  return (
    <Page
      text="Every decision, approval and look at a recording is a record in a chain of hashes, signed as it grows. Whoever changes, cuts or reorders one breaks the chain."
      title="Audit"
    >
      <Stack gap="lg">
        <Head />
        <Exports />
        <Download />
        <Panel title="Verify now">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              verify.mutate();
            }}
          >
            <Group align="flex-end">
              <TextInput
                description="A head that was kept elsewhere also finds what was cut off, or written anew as a whole"
                flex={1}
                label="Anchor, if you kept one"
                onChange={({ currentTarget }) => setAnchor(currentTarget.value)}
                placeholder="seq:hash"
                spellCheck={false}
                value={anchor}
              />
              <Button leftSection={<Icon name="policy" size={16} />} loading={verify.isPending} type="submit">
                Verify the whole audit
              </Button>
            </Group>
          </form>
          {verify.error === null ? null : (
            <Alert color="red" mt="md" variant="light">
              {verify.error.message}
            </Alert>
          )}
          {verify.data === undefined ? null : <Outcome verification={verify.data} />}
        </Panel>
        <Panel title="Prove it without this gateway">
          <p>
            What is proved here is proved by the gateway itself, with the key in its own folder. Somebody who
            could write there is found by <Mono>sallyport audit verify --public-key</Mono> on another machine,
            with the anchor above kept elsewhere; <Mono>sallyport sessions verify</Mono> proves the recordings
            against the records.
          </p>
        </Panel>
      </Stack>
    </Page>
  );
}

function Head(): ReactNode {
  const { data, error, refetch } = useQuery(auditHead);
  if (data === undefined) {
    return (
      <Panel>
        {error === null ? <Loading rows={2} /> : <Failure again={() => void refetch()} error={error} />}
      </Panel>
    );
  }
  return (
    <Panel
      aside={
        <CopyButton value={data.anchor}>
          {({ copied, copy }) => (
            <Button onClick={copy} size="compact-xs" variant="light">
              {copied ? 'Copied' : 'Copy anchor'}
            </Button>
          )}
        </CopyButton>
      }
      title="Where the chain stands"
    >
      <Facts
        facts={[
          ['Records', data.seq.toLocaleString('en')],
          ['Hash of the last one', <Mono key="hash">{data.hash}</Mono>],
          ['Key of the signatures', <Mono key="key">{data.keyId}</Mono>],
        ]}
      />
    </Panel>
  );
}

function Outcome({ verification }: { readonly verification: Verification }): ReactNode {
  const { report, failure } = verification;
  if (report === undefined) {
    return <Empty icon="alert" title={failure ?? 'The verification did not come to an end'} />;
  }
  return (
    <Stack gap="md" mt="lg">
      <Group role="status">
        {report.ok ? (
          <Tag icon="check" tone="good">
            proved: nothing was changed, cut or reordered
          </Tag>
        ) : (
          <Tag icon="alert" tone="bad">
            the audit is not as it was written
          </Tag>
        )}
      </Group>
      <Facts
        facts={[
          ['Records', report.records.toLocaleString('en')],
          ['Files', report.segments],
          ['Signed checkpoints', report.checkpoints],
          ['Signed up to record', report.signedTo.toLocaleString('en')],
          ['From', fullTime(report.firstAt)],
          ['To', fullTime(report.lastAt)],
        ]}
      />
      <Findings report={report} />
      {report.notes.map((note) => (
        <p className={pieces.note} key={note}>
          <VisibleText>{note}</VisibleText>
        </p>
      ))}
    </Stack>
  );
}

function Findings({ report }: { readonly report: VerifyReport }): ReactNode {
  if (report.findings.length === 0) return null;
  return (
    <div className={pieces.tableWrap}>
      <table className={pieces.table}>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">What is wrong</th>
          </tr>
        </thead>
        <tbody>
          {report.findings.map(({ file, line, message }, index) => (
            <tr key={index}>
              <td>
                <VisibleText>{`${file}:${line}`}</VisibleText>
              </td>
              <td>
                <VisibleText>{message}</VisibleText>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

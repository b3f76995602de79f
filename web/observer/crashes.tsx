// Owns the crash reports and the dead letters on the page, newest first.
// It shows kinds and reasons; what a message said never came here.

import type { CrashReport, DeadLetter } from '../../rpc/observer-contract.ts';
import { ago } from './format.ts';
import { freshCrashMs } from './heat.ts';
import type { Past } from './history.ts';

const reportsShownMax = 30;
const lettersShownMax = 12;

export function Crashes({ past: { observation } }: { readonly past: Past }) {
  const { crashes, deadLetters, at: now, threads } = observation;
  const threadName = (thread: number) => threads.find(({ index }) => index === thread)?.name ?? '';
  return (
    <section class="panel" aria-label="Crash reports">
      <header>
        <h2>Crash reports</h2>
        <span class="hint">{crashes.length === 0 ? '' : `the last ${crashes.length}`}</span>
      </header>
      <div class="scroll">
        {crashes.length === 0 ? (
          <p class="empty">
            <b>Nothing has crashed</b>since this node started
          </p>
        ) : (
          <ul class="crashes">
            {crashes.slice(0, reportsShownMax).map((report) => (
              <Report key={report.pid + report.at} report={report} now={now} thread={threadName(report.thread)} />
            ))}
          </ul>
        )}
        {deadLetters.length > 0 && <Letters letters={deadLetters} now={now} />}
      </div>
    </section>
  );
}

interface ReportProps {
  readonly report: CrashReport;
  readonly now: number;
  readonly thread: string;
}

function Report({ report, now, thread }: ReportProps) {
  return (
    <li class={now - report.at < freshCrashMs ? 'fresh' : ''}>
      <b>{report.label}</b>
      <time>{ago(report.at, now)}</time>
      <span class="why">{report.reason}</span>
      <span class="more">
        {report.message === '' ? 'at no message' : `at ${report.message}`}, {thread}
      </span>
    </li>
  );
}

function Letters({ letters, now }: { readonly letters: readonly DeadLetter[]; readonly now: number }) {
  return (
    <>
      <header>
        <h2>Dead letters</h2>
        <span class="hint">a sample</span>
      </header>
      <ul class="crashes">
        {letters.slice(0, lettersShownMax).map((letter, at) => (
          <li key={`${letter.at} ${letter.to} ${at}`}>
            <span>
              {letter.message} to {letter.to}
            </span>
            <time>{ago(letter.at, now)}</time>
            <span class="more">{letter.why}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

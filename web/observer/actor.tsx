// Owns the drawer of one actor: its figures as they go on, and a trace of what it handles while somebody looks.
// A trace is bounded in time and number, and tells kinds, sizes and durations only.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Trace, TraceStep } from '../../rpc/observer-contract.ts';
import { Canvas, type Sheet } from './canvas.tsx';
import { traced } from './feed.ts';
import { count, duration, rate, words } from './format.ts';
import type { Past } from './history.ts';
import type { Picked } from './tree.tsx';

const traceMs = 5_000;
const plotHeight = 150;
const stepsShownMax = 60;
const stemFoot = 18;
const durationMinMs = 0.001;

type Looked = 'not yet' | 'now' | 'nobody' | Trace;

interface ActorProps {
  readonly picked: Picked;
  readonly past: Past;
  readonly onClose: () => void;
}

export function Actor({ picked, past, onClose }: ActorProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [looked, setLooked] = useState<Looked>('not yet');
  useEffect(() => dialog.current?.showModal(), []);
  const look = async () => {
    setLooked('now');
    setLooked((await traced(picked.pid, traceMs)) ?? 'nobody');
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a press beside the drawer closes it, as Escape does by itself
    <dialog
      ref={dialog}
      aria-label={picked.label}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="actor">
        <header>
          <div>
            <h2>{picked.label}</h2>
            <span class="hint">actor {picked.pid}</span>
          </div>
          <span class="space" />
          <button type="button" onClick={onClose}>
            Close
          </button>
        </header>
        <Facts picked={picked} past={past} />
        <div class="trace">
          <button type="button" class="primary" disabled={looked === 'now'} onClick={() => void look()}>
            {looked === 'now' ? 'Looking for 5 seconds…' : 'Trace for 5 seconds'}
          </button>
        </div>
        <Found looked={looked} />
      </div>
    </dialog>
  );
}

function Facts({ picked, past: { observation } }: { readonly picked: Picked; readonly past: Past }) {
  const actor = observation.actors.find(({ pid }) => pid === picked.pid);
  const branch = observation.tree.find(({ pid }) => pid === picked.pid);
  const now = actor ?? branch;
  const facts: readonly (readonly [string, string])[] = [
    ['Messages', now === undefined ? '–' : words(rate(now.messagesPerSecond))],
    ['Waiting', now === undefined ? '–' : words(count(now.mailbox))],
    ['Handled', actor === undefined ? '–' : words(count(actor.messages))],
    ['Restarts', now === undefined ? '–' : String(now.restarts)],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Found({ looked }: { readonly looked: Looked }) {
  if (looked === 'not yet' || looked === 'now') return null;
  if (looked === 'nobody') return <p class="empty">The actor is gone, or the node did not answer.</p>;
  if (looked.steps.length === 0) return <p class="empty">It handled nothing in these {words(duration(looked.ms))}.</p>;
  return (
    <>
      <div class="trace">
        <header>
          <h2>
            {looked.steps.length} messages in {words(duration(looked.ms))}
          </h2>
          <span class="hint">each stem is a message, its height how long it took</span>
        </header>
        <Canvas height={plotHeight} label="Messages of the trace" draw={(sheet) => paintTrace(sheet, looked)} />
      </div>
      <Steps steps={looked.steps} />
    </>
  );
}

function Steps({ steps }: { readonly steps: readonly TraceStep[] }) {
  return (
    <table class="list">
      <thead>
        <tr>
          <th>After</th>
          <th>Message</th>
          <th class="number">Size</th>
          <th class="number">Took</th>
          <th class="number">Waiting</th>
        </tr>
      </thead>
      <tbody>
        {steps.slice(0, stepsShownMax).map((step, at) => (
          <tr key={`${step.atMs} ${at}`}>
            <td>{words(duration(step.atMs))}</td>
            <td class={colourOf(step)}>
              {step.kind} {step.name}
            </td>
            <td class="number">{step.bytes === null ? '–' : `${step.bytes.toLocaleString('en-GB')} B`}</td>
            <td class="number">
              {words(duration(step.durationMs))}
              {step.how === 'sync' ? '' : ` ${step.how}`}
            </td>
            <td class="number">{step.mailbox}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A logarithmic height: one handler takes a microsecond and the next a second. */
function paintTrace({ pen, width, height, colours }: Sheet, { steps, ms }: Trace): void {
  const longestMs = Math.max(durationMinMs * 10, ...steps.map(({ durationMs }) => durationMs));
  const share = (durationMs: number) =>
    Math.log(Math.max(durationMs, durationMinMs) / durationMinMs) / Math.log(longestMs / durationMinMs);
  const floor = height - stemFoot;
  pen.fillStyle = colours.line;
  pen.fillRect(0, floor, width, 1);
  for (const step of steps) {
    const x = 4 + (step.atMs / Math.max(1, ms)) * (width - 8);
    const y = floor - 4 - share(step.durationMs) * (floor - 16);
    pen.strokeStyle = pen.fillStyle = colours[colourOf(step)];
    pen.globalAlpha = 0.5;
    pen.fillRect(x - 0.5, y, 1, floor - y);
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(x, y, 3.2, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.fillStyle = colours.soft;
  pen.font = '11px ui-sans-serif, system-ui, sans-serif';
  pen.fillText('0', 0, height - 3);
  pen.textAlign = 'right';
  pen.fillText(words(duration(ms)), width, height - 3);
  pen.textAlign = 'left';
  pen.fillText(words(duration(longestMs)), 0, 9);
}

function colourOf({ how, kind }: TraceStep): 'hot' | 'warm' | 'well' | 'soft' {
  if (how === 'threw') return 'hot';
  if (how === 'async') return 'warm';
  return kind === 'call' || kind === 'cast' ? 'well' : 'soft';
}

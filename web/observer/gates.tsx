// Owns the panel of the backends: how each server does behind its gate, those in trouble first and in colour.
// It shows kinds and figures; a gate tells no value and no credential.

import type { ObservedGate } from '../../rpc/observer-contract.ts';
import { ago, count, duration, words } from './format.ts';
import type { Past } from './history.ts';

type Heat = 'well' | 'warm' | 'hot' | 'calm';

const said: { readonly [state in ObservedGate['state']]: string } = {
  up: 'up',
  down: 'down',
  untried: 'not needed yet',
  silent: 'its thread does not answer',
};
const saidOfBreaker: { readonly [breaker in ObservedGate['breaker']]: string } = {
  closed: 'closed',
  open: 'open',
  halfOpen: 'trying',
};

export function Gates({ past: { observation } }: { readonly past: Past }) {
  const { gates, at: now } = observation;
  if (gates.length === 0) return null;
  const lost = gates.filter((gate) => heatOf(gate) === 'hot').length;
  return (
    <section class="panel gates" aria-label="Backends">
      <header>
        <h2>Backends</h2>
        <span class={lost > 0 ? 'hint hot' : 'hint'}>
          {lost > 0 ? `${lost} of ${gates.length} lost` : `${gates.length} behind their gates`}
        </span>
      </header>
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th>Backend</th>
              <th>State</th>
              <th>Breaker</th>
              <th class="number">Median</th>
              <th class="number">p99</th>
              <th class="number">Pending</th>
              <th class="number">Calls</th>
              <th class="number">Failures</th>
              <th class="number">Restarts</th>
              <th>Last error</th>
              <th>Since</th>
            </tr>
          </thead>
          <tbody>
            {gates.map((gate) => (
              <Row key={`${gate.backend} ${gate.target}`} gate={gate} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ gate, now }: { readonly gate: ObservedGate; readonly now: number }) {
  const { backend, target, state, breaker, latencyMs, pending, calls, failures, restarts, lastError, since } = gate;
  const heat = heatOf(gate);
  const measured = latencyMs.p99 > 0;
  return (
    <tr data-level={heat}>
      <td>
        <b>{backend}</b> <span class="target">{target}</span>
      </td>
      <td>
        <span class={`lamp ${heat}`}>{said[state]}</span>
      </td>
      <td class={breaker === 'closed' ? '' : heat}>{saidOfBreaker[breaker]}</td>
      <td class="number">{measured ? words(duration(latencyMs.p50)) : '–'}</td>
      <td class="number">{measured ? words(duration(latencyMs.p99)) : '–'}</td>
      <td class="number">{words(count(pending))}</td>
      <td class="number">{words(count(calls))}</td>
      <td class={`number ${failures > 0 ? 'warm' : ''}`}>{words(count(failures))}</td>
      <td class={`number ${restarts > 0 ? 'warm' : ''}`}>{restarts}</td>
      <td class={heat === 'hot' ? 'hot' : 'target'}>{lastError ?? '–'}</td>
      <td class="target">{since === null ? '–' : ago(since, now)}</td>
    </tr>
  );
}

function heatOf({ state, breaker }: ObservedGate): Heat {
  if (state === 'down' || state === 'silent') return 'hot';
  if (breaker !== 'closed') return 'warm';
  return state === 'untried' ? 'calm' : 'well';
}

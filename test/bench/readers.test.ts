// Owns the proof that the benchmarks read rightly what servers tell them: Jabber streams cut anywhere, and metrics pages.
// It starts no server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { child, type Element, growth, parseMetrics, StanzaReader } from '../../bench/mod.ts';

const stream =
  `<?xml version='1.0'?><stream:stream xmlns='jabber:client' id="1>0"><message id='m1' from="a@b">` +
  `<body>1 &lt; 2 &#38; &#x1F600;</body><x xmlns='y'/></message><presence/></stream:stream>`;

function read(chunks: readonly string[]): { stanzas: Element[]; ended: boolean } {
  const stanzas: Element[] = [];
  let ended = false;
  const reader = new StanzaReader(
    (stanza) => stanzas.push(stanza),
    () => {
      ended = true;
    },
  );
  for (const chunk of chunks) reader.push(chunk);
  return { stanzas, ended };
}

test('a stream cut at any place gives the same stanzas', () => {
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const { stanzas, ended } = read([stream.slice(0, cut), stream.slice(cut)]);
    assert.equal(ended, true, `cut at ${cut}`);
    assert.deepEqual(
      stanzas.map((stanza) => stanza.name),
      ['message', 'presence'],
    );
    const [message] = stanzas;
    assert.ok(message);
    assert.equal(child(message, 'body')?.text, '1 < 2 & 😀');
    assert.equal(message.attributes.from, 'a@b');
  }
});

test('counters are read with their labels, and their growth is summed by the labels asked for', () => {
  const before = parseMetrics('# HELP x y\nparla_sql_statements_total{verb="insert",table="entries",thread="a"} 3\n');
  const after = parseMetrics(
    'parla_sql_statements_total{verb="insert",table="entries",thread="a"} 5\n' +
      'parla_sql_statements_total{verb="insert",table="entries",thread="b"} 4\nup 1\n',
  );
  const grown = growth({ before, after }, 'parla_sql_statements', ['verb', 'table']);
  assert.deepEqual([...grown], [['insert entries', 6]]);
});

// Owns what the keeper of accounts promises: one path for changes, told at once to whom they concern.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { accounts, type OperatorRecord, type SiteId, siteAt } from '../../actors/mod.ts';
import { addSite, chatStage, code, demo, must, Operator, type Stage, Visitor } from '../support/chat-stage.ts';

async function staged(t: TestContext): Promise<Stage> {
  const stage = await chatStage();
  t.after(() => {
    stage.disk.heal();
    return stage.node.stop();
  });
  return stage;
}

async function recordOf({ node }: Stage, { name }: Operator): Promise<OperatorRecord> {
  const { operator } = must(await node.call(accounts, 'operator', { name }));
  assert.ok(operator);
  return operator;
}

test('an operator who was seen before can log in while the store is away; another cannot be told from a stranger', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  stage.disk.readFaults.push('refused', 'refused');
  assert.equal((await recordOf(stage, alice)).displayName, 'ALICE');
  assert.equal(code(await stage.node.call(accounts, 'operator', { name: 'bob' as never })), 'unavailable');
});

test('two who add the same name at once: one exists already', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  const operator = { ...(await recordOf(stage, alice)), name: 'carol' as OperatorRecord['name'] };
  const add = () => stage.node.call(accounts, 'putOperator', { operator, mustBeNew: true, passwordChanged: false });
  assert.deepEqual((await Promise.all([add(), add()])).map(code), ['ok', 'exists']);
});

test('an operator of a site that is not there is refused by its name', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  const operator = { ...(await recordOf(stage, alice)), sites: ['nowhere' as SiteId] };
  const refused = await stage.node.call(accounts, 'putOperator', {
    operator,
    mustBeNew: false,
    passwordChanged: false,
  });
  assert.deepEqual(refused.ok ? null : [refused.error.code, refused.error.data], ['unknownSite', { site: 'nowhere' }]);
});

test('a new password and a removal close the streams; a removed operator leaves his site', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  await node.settle();
  const operator = await recordOf(stage, alice);
  must(await node.call(accounts, 'putOperator', { operator, mustBeNew: false, passwordChanged: true }));
  assert.deepEqual(must(await node.call(accounts, 'removeOperator', { name: alice.name })), { removed: true });
  assert.deepEqual(must(await node.call(accounts, 'removeOperator', { name: alice.name })), { removed: false });
  await node.settle();
  assert.deepEqual(
    stage.accountChanges.map(({ change }) => change),
    ['password', 'removed'],
  );
  assert.equal(must(await node.call(siteAt(demo), 'describe', {})).online, false);
});

test('an operator who is given another site sees its visitors, and no longer those of the one he left', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const shop = await addSite(node, 'shop');
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const [zoe, yan] = [new Visitor(stage, 'zoe'), new Visitor(stage, 'yan', { site: shop })];
  for (const visitor of [zoe, yan]) {
    visitor.present();
    await visitor.says('k1', `hello from ${visitor.session}`);
  }
  await node.advance(5_000);
  assert.deepEqual([...alice.desk.contacts.keys()], ['szoe']);
  const operator = { ...(await recordOf(stage, alice)), sites: [shop] };
  must(await node.call(accounts, 'putOperator', { operator, mustBeNew: false, passwordChanged: false }));
  await node.advance(15_000);
  assert.deepEqual([...alice.desk.contacts.keys()], ['syan']);
  assert.equal(code(await alice.say(zoe, 'bye')), 'notFound');
  assert.equal((await alice.says(yan, 'hi'))?.seq, 2);
});

test('a site that is changed shows it at once, and one that is removed is unknown', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const id = await addSite(node, 'shop');
  const { site } = must(await node.call(accounts, 'site', { id }));
  assert.ok(site);
  assert.equal(must(await node.call(siteAt(id), 'describe', {})).name, 'Site shop');
  must(await node.call(accounts, 'putSite', { site: { ...site, name: 'The shop' }, mustBeNew: false }));
  assert.equal(code(await node.call(accounts, 'putSite', { site, mustBeNew: true })), 'exists');
  await node.settle();
  assert.equal(must(await node.call(siteAt(id), 'describe', {})).name, 'The shop');
  must(await node.call(accounts, 'removeSite', { id }));
  await node.settle();
  assert.equal(code(await node.call(siteAt(id), 'describe', {})), 'unknownSite');
});

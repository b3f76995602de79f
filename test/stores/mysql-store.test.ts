// Owns the proof that a MySQL or MariaDB server is a store of record, on a real one, as a direct handle and as the actor.
// It holds no test of its own: the port's conformance does.

import { after, before, describe } from 'node:test';
import { store } from '../../actors/mod.ts';
import { startLocal } from '../../runtime/mod.ts';
import { mysqlStore, openStore } from '../../stores/mod.ts';
import { type SqlServer, sqlServerName, startSqlServer } from '../support/backends/mod.ts';
import { emptied } from '../support/mysql.ts';
import { needs } from '../support/needs.ts';
import { storeConformance } from '../support/store-conformance.ts';

describe(`a real ${sqlServerName}`, { skip: needs('sql-server') }, () => {
  let server: SqlServer;
  before(async () => {
    server = await startSqlServer();
  });
  after(() => server.stop());

  storeConformance(sqlServerName, async () => {
    const opened = openStore(await emptied(server));
    await opened.migrate();
    return opened;
  });

  storeConformance(`${sqlServerName} as an actor`, async () => {
    const url = await emptied(server);
    const opened = openStore(url);
    await opened.migrate();
    opened.close();
    const node = await startLocal({
      behaviours: [mysqlStore],
      tree: {
        strategy: 'oneForOne',
        children: [{ id: 'store', name: 'store', behaviour: 'mysqlStore', args: { url } }],
      },
    });
    return { call: (name, request) => node.call(store, name, request), close: () => node.stop() };
  });
});

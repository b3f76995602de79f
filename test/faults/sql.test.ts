// Owns the faults of MariaDB on a whole node: while it is away messages go to the journal, and from there to SQL, once.

import { faultMatrix } from '../support/fault-matrix.ts';
import type { FaultStage } from '../support/fault-stage.ts';
import { hostileStrings, rush } from '../support/hostile-deeds.ts';

const account = (stage: FaultStage) => `'${stage.sql.backend.user}'@'127.0.0.1'`;

faultMatrix('sql', [
  {
    name: 'read-only',
    begin: (stage) => stage.tellSql('SET GLOBAL read_only = 1'),
    end: (stage) => stage.tellSql('SET GLOBAL read_only = 0'),
  },
  {
    name: 'another password than ours',
    begin: async (stage) => {
      await stage.tellSql(`ALTER USER ${account(stage)} IDENTIFIED BY 'another'`);
      stage.sql.proxy.resetAll();
    },
    end: (stage) => stage.tellSql(`ALTER USER ${account(stage)} IDENTIFIED BY '${stage.sql.backend.password}'`),
  },
  hostileStrings,
  rush('sql'),
]);

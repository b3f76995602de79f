// Owns the faults of memcached on a whole node: what a copy that is lost, late or false may cost.

import { faultMatrix } from '../support/fault-matrix.ts';

faultMatrix('memcached');

// Owns the frame of every command on accounts: read the settings, reach the accounts, do the work, let go.
// It never keeps the data directory after the work, however that ends.

import { type Config, environment, readConfig } from '../config.ts';
import { type Desk, openDesk } from '../desk.ts';

export async function withDesk(command: string, work: (desk: Desk, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig(environment());
  const desk = await openDesk(config, command);
  try {
    await work(desk, config);
  } finally {
    desk.close();
  }
}

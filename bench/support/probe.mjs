/**
 * Loaded into every program that is measured (`node --import`): tells on request what it has used. The same for all,
 * so the cost of looking is too.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

process.on('message', ({ id, ask }) => {
  if (ask !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send({
    id,
    answer: {
      cpuMicros: user + system,
      userMicros: user,
      delayP99Ms: delay.percentile(99) / 1e6,
      rss: process.memoryUsage().rss,
    },
  });
  delay.reset();
});
// Nothing outlives the run.
process.on('disconnect', () => process.exit());

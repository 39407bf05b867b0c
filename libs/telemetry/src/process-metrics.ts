import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * The few that say how large the process is, under the names that every dashboard knows. prom-client's own collection
 * also watches the garbage collector and the event loop, which costs a timer and an observer.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  const cpu: Counter = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process, its threads included',
    registers,
    collect: () => {
      const { user, system } = process.cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  const memory: Gauge = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of this process',
    registers,
    collect: () => memory.set(process.memoryUsage.rss()),
  });
  const uptime: Gauge = new Gauge({
    name: 'rollcall_uptime_seconds',
    help: 'Since this process began',
    registers,
    collect: () => uptime.set(process.uptime()),
  });
}

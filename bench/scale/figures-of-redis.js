/** What a Redis has used up so far: CPU in microseconds, memory in bytes, bytes that it sent and received, commands. */
export async function figuresOf(client) {
  const info = await client.info('everything');
  const number = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return {
    cpuUs: (number('used_cpu_user') + number('used_cpu_sys')) * 1e6,
    memory: number('used_memory'),
    sent: number('total_net_output_bytes'),
    received: number('total_net_input_bytes'),
    commands: number('total_commands_processed'),
  };
}

/** What something costs a Redis, for each of `count`. */
export async function spentOn(client, count, run) {
  const before = await figuresOf(client);
  const startMs = performance.now();
  await run();
  const seconds = (performance.now() - startMs) / 1e3;
  const after = await figuresOf(client);
  const each = Object.keys(after).map((name) => [name, (after[name] - before[name]) / count]);
  return { ...Object.fromEntries(each), aSecond: count / seconds };
}

/** Runs something for each number, so many at once. */
export async function atOnce(count, most, run) {
  let next = 0;
  const work = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: most }, work));
}

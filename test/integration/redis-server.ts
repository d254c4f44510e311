import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A Redis of a test's own, on a Unix socket in a folder that goes with it. */
export interface RedisServer {
  readonly url: string;
  start(): Promise<void>;
  /** Stops it at once, as a crash does; what it held is gone. */
  kill(): Promise<void>;
  /** Lets it neither answer nor close a connection. */
  freeze(): void;
  thaw(): void;
  flush(): Promise<void>;
  /** Stops it and removes its folder. */
  close(): Promise<void>;
}

/** Prepares a Redis server; the binary `redis-server` must be in the path. */
export async function redisServer(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'));
  const socket = join(folder, 'redis.sock');
  let server: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const settings = [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--save',
      '',
      '--maxmemory-policy',
      'noeviction',
    ];
    const started = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
    await once(started, 'spawn');
    server = started;
    const client = new Redis(socket, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => {});
    await client.ping();
    client.disconnect();
  };
  const kill = async (): Promise<void> => {
    const running = server;
    if (running === null) return;
    server = null;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  return {
    url: socket,
    start,
    kill,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    flush: async () => {
      const client = new Redis(socket);
      await client.flushall();
      client.disconnect();
    },
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { once } from 'node:events';

/** Megabytes; the inspector of a process is asked, so that the process needs no code for it. */
const MB = 2 ** 20;

interface Answer {
  readonly id?: number;
  readonly result?: { readonly usedSize?: number };
}

async function socketUrl(port: number): Promise<string> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    readonly webSocketDebuggerUrl: string;
  }[];
  const [target] = targets;
  if (target === undefined) throw new Error(`no process is inspected at port ${port}`);
  return target.webSocketDebuggerUrl;
}

function call(socket: WebSocket, id: number, method: string): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const listen = ({ data }: MessageEvent): void => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== id) return;
    socket.removeEventListener('message', listen);
    resolve(answer);
  };
  socket.addEventListener('message', listen);
  socket.send(JSON.stringify({ id, method }));
  return promise;
}

/** Heap in use, in megabytes, of the process that is inspected at this port of loopback, after a full collection. */
export async function collectedHeapMb(port: number): Promise<number> {
  const socket = new WebSocket(await socketUrl(port));
  try {
    await once(socket, 'open');
    // Twice: the first collection runs finalizers, which free more.
    await call(socket, 1, 'HeapProfiler.collectGarbage');
    await call(socket, 2, 'HeapProfiler.collectGarbage');
    const { result } = await call(socket, 3, 'Runtime.getHeapUsage');
    return (result?.usedSize ?? Number.NaN) / MB;
  } finally {
    socket.close();
  }
}
